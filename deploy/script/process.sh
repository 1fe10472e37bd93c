# Starting and ending programs. A program is known by process id plus the time it started, so that a
# number that the system gave to somebody else since is never signalled.

process_run=$ATOLL_HOME/run
process_log=$ATOLL_HOME/log
process_bin=$ATOLL_ROOT/build/release/bin

# process_started PID: field 22 of /proc/PID/stat (clock ticks since boot); the name in field 2 may
# hold spaces and brackets. Nothing when there is no such process.
process_started() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  stat=${stat##*) }
  read -r -a stat <<<"$stat"
  printf '%s' "${stat[19]}"
}

# running NAME: true when the program we started under that name is alive; sets process_pid.
running() {
  local file=$process_run/$1.pid boot started exe
  process_pid=''
  [[ -r $file ]] || return 1
  read -r process_pid started boot exe <"$file" || true
  [[ $process_pid =~ ^[0-9]+$ && $boot == "$(</proc/sys/kernel/random/boot_id)" &&
    -n $started && $(process_started "$process_pid") == "$started" ]] && return
  process_pid=''
  return 1
}

# outdated NAME BINARY CONFIG: the running one is not what would be started now. A PoP starts again
# with the origin's configuration as well: what it has cached is another site's.
outdated() {
  local exe
  exe=$(readlink -- "/proc/$process_pid/exe" 2>/dev/null) || return 1
  [[ $exe != "$process_bin/$2" || $cluster_conf/$3 -nt $process_run/$1.pid ]] ||
    [[ $1 == pop-* && $cluster_conf/origin.toml -nt $process_run/$1.pid ]]
}

# listening ADDRESS:PORT
listening() {
  (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

# require_free NAME ADDRESS...: ends the script when somebody else listens there.
require_free() {
  local name=$1 address
  shift
  for address; do
    listening "$address" || continue
    die "$address is already taken by another program, so $name cannot start. Stop that one (ss -ltnp shows it), then try again"
  done
}

# start NAME BINARY CONFIG: in a session of its own, so that Ctrl-C here does not reach it.
start() {
  local name=$1 binary=$2 config=$3 pid log=$process_log/$1.log
  mkdir -p -- "$process_run" "$process_log"
  if [[ -f $log && $(stat -c %s -- "$log") -gt 50000000 ]]; then mv -- "$log" "$log.1"; fi
  printf -- '--- started by ./atoll up, %(%Y-%m-%dT%H:%M:%S%z)T\n' -1 >>"$log" || die "cannot write $log: is the disk full?"
  setsid -- "$process_bin/$binary" --config "$cluster_conf/$config" >>"$log" 2>&1 </dev/null 9>&- &
  pid=$!
  disown "$pid"
  printf '%s %s %s %s\n' "$pid" "$(process_started "$pid")" "$(</proc/sys/kernel/random/boot_id)" \
    "$process_bin/$binary" >"$process_run/$name.pid"
}

# stop NAME...: all of them are asked first, then waited for together; after 15 s they are killed.
stop() {
  local name deadline=$((SECONDS + 15)) left=()
  for name; do
    if running "$name"; then
      kill -TERM "$process_pid" 2>/dev/null || true
      left+=("$name")
    fi
  done
  while ((${#left[@]} && SECONDS < deadline)); do
    sleep 0.1
    local still=()
    for name in "${left[@]}"; do running "$name" && still+=("$name"); done
    left=("${still[@]}")
  done
  for name in "${left[@]}"; do
    running "$name" || continue
    complain "$name did not end within 15 s of being asked; killing it (process $process_pid)"
    kill -KILL "$process_pid" 2>/dev/null || true
  done
  for name; do rm -f -- "$process_run/$name.pid"; done
}

# started_names: every name with a pid file, alive or not; PoPs first, so that none loses its origin
# while it still answers.
started_names() {
  local file name
  for name in pop- origin control; do
    for file in "$process_run/$name"*.pid; do
      [[ -e $file ]] && { file=${file##*/}; printf '%s\n' "${file%.pid}"; }
    done
  done
}

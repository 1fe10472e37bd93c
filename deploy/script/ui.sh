# What the person at the terminal sees: sentences, steps with a progress line, failures.

if [[ -t 1 && ${TERM:-dumb} != dumb && -z ${NO_COLOR:-} ]]; then
  ui_live=1 ui_bold=$'\e[1m' ui_dim=$'\e[2m' ui_red=$'\e[31m' ui_green=$'\e[32m' ui_plain=$'\e[0m'
else
  ui_live=0 ui_bold='' ui_dim='' ui_red='' ui_green='' ui_plain=''
fi

say() { printf '%s\n' "$*"; }

# complain SENTENCE: on stderr, the run goes on.
complain() { printf '%satoll: %s%s\n' "$ui_red" "$*" "$ui_plain" >&2; }

# die SENTENCE [STATUS]: the last thing that is said.
die() {
  complain "$1"
  exit "${2:-1}"
}

# usage_error SENTENCE COMMAND
usage_error() { die "$1 (see ./atoll $2 --help)" 2; }

# seconds N -> "8 s" or "3 min 20 s"
seconds() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# step_progress LOG -> "812/1004 Building CXX ..." from ninja's last "[n/m] ..." line, or nothing.
step_progress() {
  tail -c 4000 -- "$1" 2>/dev/null | tr '\r' '\n' | awk '
    match($0, /^\[[0-9]+\/[0-9]+\]/) { count = substr($0, 2, RLENGTH - 2); what = $NF }
    END { if (count) { sub(/^.*\//, "", what); print count, what } }'
}

# step_draw TITLE LOG ELAPSED: the live line; every 20 seconds a plain one where there is no terminal.
step_draw() {
  local title=$1 elapsed=$3 count what bar='' done_ all filled
  read -r count what <<<"$(step_progress "$2")" || true
  if [[ -n ${count:-} ]]; then
    done_=${count%/*} all=${count#*/}
    filled=$((all > 0 ? done_ * 24 / all : 0))
    printf -v bar '%*s' "$filled" ''
    bar=${bar// /#}
    printf -v bar '[%-24s] %s ' "$bar" "$count"
  fi
  if ((ui_live)); then
    printf '\r\e[K  %s  %s%s%s %s%s' "$title" "$bar" "$ui_dim" "$(seconds "$elapsed")" \
      "${what:0:30}" "$ui_plain"
  elif ((elapsed > 0 && elapsed % 20 == 0 && elapsed != ${ui_drawn:-0})); then
    ui_drawn=$elapsed
    printf '  %s: %s%s\n' "$title" "$bar" "$(seconds "$elapsed")"
  fi
}

# step TITLE LOG HINT command...: runs the command with its output in LOG, shows that time passes and
# how far it is; when it fails, prints the end of LOG and HINT and ends the script.
# The command runs in its own process group, so that Ctrl-C stops all of it.
step() {
  local title=$1 log=$2 hint=$3 began=$SECONDS pid status=0
  shift 3
  mkdir -p -- "$(dirname -- "$log")"
  : >"$log" || die "cannot write $log: is the disk full, or does another user own .atoll?"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  trap 'kill -TERM -- "-'"$pid"'" 2>/dev/null; printf "\n"; die "interrupted during: '"$title"'" 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    step_draw "$title" "$log" $((SECONDS - began))
    sleep 0.3
  done
  wait "$pid" || status=$?
  trap - INT TERM
  ((ui_live)) && printf '\r\e[K'
  if ((status != 0)); then
    printf '%s✗ %s%s  (%s)\n' "$ui_red" "$title" "$ui_plain" "$(seconds $((SECONDS - began)))"
    show_tail "$log" 25
    complain "$title failed. $hint"
    exit 1
  fi
  printf '%s✓%s %s  %s%s%s\n' "$ui_green" "$ui_plain" "$title" "$ui_dim" \
    "$(seconds $((SECONDS - began)))" "$ui_plain"
}

# show_tail LOG LINES
show_tail() {
  printf '%s--- last lines of %s%s\n' "$ui_dim" "${1#"$ATOLL_ROOT"/}" "$ui_plain"
  tail -n "$2" -- "$1" | tr '\r' '\n' | cut -c 1-400
  printf '%s---%s\n' "$ui_dim" "$ui_plain"
}

# only_one NAME SENTENCE: holds a lock of that name until the script ends; another holder is waited
# for. File descriptor 9 must not reach a program that outlives the script.
only_one() {
  mkdir -p -- "$ATOLL_HOME/run" 2>/dev/null || die "cannot create $ATOLL_HOME/run: check its owner and the free space"
  exec 9>"$ATOLL_HOME/run/$1.lock" || die "cannot open $ATOLL_HOME/run/$1.lock"
  if ! flock -n 9; then
    say "$2"
    flock 9
  fi
}

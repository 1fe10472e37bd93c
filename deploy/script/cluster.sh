# The commands up, down, status, logs.

up_usage() {
  cat <<TEXT
./atoll up [--upstream URL] [--geo FILE] [--pops N]

Installs what is missing, builds, starts one control plane, one origin and six PoPs, and returns when
all of them serve. Doing it again changes nothing, except that a program whose binary or
configuration is new is restarted.

  --upstream URL  the content is that web site instead of the Debian Administrator's Handbook
  --geo FILE      another MaxMind-format database, country or city, instead of the one from npm
  --pops N        only the first N of the six places
TEXT
}

command_up() {
  local upstream='' geo='' pops=${#cluster_places[@]}
  while (($#)); do
    case $1 in
      --upstream) upstream=${2:-}; shift ;;
      --upstream=*) upstream=${1#*=} ;;
      --geo) geo=${2:-}; shift ;;
      --geo=*) geo=${1#*=} ;;
      --pops) pops=${2:-}; shift ;;
      --pops=*) pops=${1#*=} ;;
      -h | --help) up_usage; return ;;
      *) usage_error "up does not know \"$1\"" up ;;
    esac
    shift || usage_error 'an option lacks its value' up
  done
  [[ -z $upstream || $upstream =~ ^https?://[^[:space:][:cntrl:]]+$ ]] ||
    usage_error "--upstream wants http://... or https://..., not \"$upstream\"" up
  [[ -z $geo || -r $geo ]] || die "cannot read the database $geo"
  [[ $pops =~ ^[1-9]$ ]] && ((pops <= ${#cluster_places[@]})) ||
    usage_error "--pops wants a number from 1 to ${#cluster_places[@]}" up
  cluster_places=("${cluster_places[@]:0:pops}")

  install_packages build run demo
  build_programs
  if [[ -z $geo ]]; then setup_geo; geo=$geo_database; fi
  only_one cluster 'Another ./atoll up or down is at work; waiting for it.'
  write_configs "$upstream" "$(realpath -- "$geo")"
  up_start
  step 'Waiting until every PoP serves' "$setup_log/ready.log" \
    "./atoll logs shows what the programs say; ./atoll down stops those that run." ready_wait
  up_tour "$upstream"
}

# up_start: ends what should not run as it is, then starts what does not run.
up_start() {
  local name binary config addresses old=() wanted=' '
  while read -r name binary config _; do
    wanted+="$name "
    if running "$name" && outdated "$name" "$binary" "$config"; then old+=("$name"); fi
  done < <(cluster_programs)
  while read -r name; do
    [[ $wanted == *" $name "* ]] || old+=("$name")
  done < <(started_names)
  if ((${#old[@]})); then
    say "  restarting or ending what changed: ${old[*]}"
    stop "${old[@]}"
  fi
  while read -r name binary config addresses; do
    # shellcheck disable=SC2086  # the addresses are words
    running "$name" || require_free "$name" $addresses
  done < <(cluster_programs)
  while read -r name binary config _; do
    running "$name" || start "$name" "$binary" "$config"
  done < <(cluster_programs)
}

# padded WIDTH TEXT: printf counts bytes, a terminal counts characters.
padded() {
  local LC_ALL=C
  local continuation=${2//[^$'\x80'-$'\xbf']/}
  printf '%-*s' $(($1 + ${#continuation})) "$2"
}

# up_tour UPSTREAM: what to look at.
up_tour() {
  local place id city address first page=/en-US/index.html
  local note='' content="the Debian Administrator's Handbook" front="http://$cluster_control$page"
  # "/" of the control plane's own address is the dashboard; under any other name it redirects.
  if [[ -n $1 ]]; then
    page=/ content=$1 front="-H 'Host: demo.atoll' http://$cluster_control/"
    note=$'  (as far as that site lets itself be cached: fwd=stale is a copy that it confirmed)\n'
  fi
  first=${cluster_places[0]##*|}:$cluster_http_port
  printf '\n%sAtoll is running.%s Content: %s\n\n' "$ui_bold" "$ui_plain" "$content"
  for place in "${cluster_places[@]}"; do
    IFS='|' read -r id city _ _ _ address <<<"$place"
    printf '  %-4s %s http://%s:%s%s\n' "$id" "$(padded 10 "$city")" "$address" "$cluster_http_port" "$page"
  done
  cat <<TEXT

See a miss, then a hit (look at Cache-Status; Age counts the seconds since):
  curl -s -D - -o /dev/null http://$first$page    # Cache-Status: atoll-fra; fwd=...; stored
  curl -s -D - -o /dev/null http://$first$page    # Cache-Status: atoll-fra; hit; ttl=...
$note
See who is sent where (the front door redirects a client to its nearest PoP that is alive):
  curl -s 'http://$cluster_control/v1/route?ip=200.160.2.3'      # an address in Brazil
  curl -sI -H 'X-Forwarded-For: 139.130.4.5' $front   # one in Australia
The same by DNS, for an address in Brazil (two PoPs, the nearest first; dig is in Debian's bind9-dnsutils):
  dig @${cluster_dns%:*} -p ${cluster_dns##*:} www.$cluster_zone +short +subnet=200.160.2.0/24

Statistics: http://$cluster_control/ (the dashboard), /v1/status (JSON), /metrics (Prometheus); of one PoP,
  http://${first%:*}:$cluster_admin_port/statusz and /metrics; or ./atoll status
Load:       ./atoll replay FILE      Logs: ./atoll logs [PROGRAM] [-f]      End: ./atoll down
TEXT
}

command_down() {
  case ${1:-} in
    '') ;;
    -h | --help) say './atoll down: stops every program that ./atoll up started. State stays in .atoll/state.'; return ;;
    *) usage_error "down does not know \"$1\"" down ;;
  esac
  local names
  only_one cluster 'Another ./atoll up or down is at work; waiting for it.'
  mapfile -t names < <(started_names)
  ((${#names[@]})) || { say 'Nothing runs.'; return; }
  stop "${names[@]}"
  say "Stopped: ${names[*]}"
}

command_status() {
  case ${1:-} in
    '') ;;
    -h | --help) say './atoll status: the programs started by ./atoll up and the fleet as the control plane sees it. Exit status 0 when all run.'; return ;;
    *) usage_error "status does not know \"$1\"" status ;;
  esac
  local name missing=0 addresses
  recall_places
  printf '%-10s %-8s %-8s %s\n' PROGRAM STATE PROCESS ADDRESSES
  while read -r name _ _ addresses; do
    if running "$name"; then
      printf '%-10s %-8s %-8s %s\n' "$name" running "$process_pid" "$addresses"
    else
      printf '%-10s %-8s %-8s %s\n' "$name" stopped - "$addresses"
      missing=1
    fi
  done < <(cluster_programs)
  printf '\n'
  if running control && [[ -x $process_bin/atoll-cli ]]; then
    "$process_bin/atoll-cli" status --control "http://$cluster_control" || missing=1
  fi
  return "$missing"
}

command_logs() {
  local follow=0 names=() name files=()
  recall_places
  while (($#)); do
    case $1 in
      -f | --follow) follow=1 ;;
      -h | --help)
        say './atoll logs [PROGRAM...] [-f]: the last lines of the logs in .atoll/log; -f goes on as they grow.'
        say "Programs: $(cluster_programs | cut -d ' ' -f 1 | tr '\n' ' ')"
        return ;;
      -*) usage_error "logs does not know \"$1\"" logs ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  ((${#names[@]})) || mapfile -t names < <(cluster_programs | cut -d ' ' -f 1)
  for name in "${names[@]}"; do
    [[ $name =~ ^[a-z][a-z0-9-]*$ ]] || usage_error "\"$name\" is not the name of a program" logs
    [[ -f $process_log/$name.log ]] && files+=("$process_log/$name.log")
  done
  ((${#files[@]})) || die "there is no log of ${names[*]}; ./atoll up starts the programs"
  if ((follow)); then exec tail -n 20 -F -- "${files[@]}"; fi
  tail -n $((${#files[@]} > 1 ? 15 : 200)) -- "${files[@]}"
}

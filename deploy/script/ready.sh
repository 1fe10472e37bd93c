# When is the cluster ready? When the control plane says that every PoP is alive with the current
# configuration, and every PoP answers real requests. Each check returns the reason why not yet.

ready_limit=60  # seconds

# ready_programs: a program that has ended will not become ready.
ready_programs() {
  local name
  while read -r name _; do
    running "$name" || { printf '%s' "$name"; return 1; }
  done < <(cluster_programs)
}

# ready_status: prints why the control plane does not call the fleet ready; nothing when it does.
ready_status() {
  local answer
  answer=$(curl -sS --max-time 2 "http://$cluster_control/v1/status" 2>&1) ||
    { printf 'the control plane does not answer (%s)' "$answer"; return; }
  jq -r '
    def listed(text): if length > 0 then text + (unique | join("; ")) else empty end;
    if .ready == true then empty
    elif (.pops | type) != "array" then "the control plane answers without a list of PoPs"
    else
      ([.pops[] | select(.alive | not) | .id] | listed("not joined yet: ")),
      ([.pops[] | .id as $pop | .nodes[] | select(.snapshot_refused != "") | $pop + ": " + .snapshot_refused]
        | listed("configuration refused by ")),
      ([.pops[].nodes[] | select(.state != "active") | .detail] | listed("not serving: ")),
      "the configuration has not reached every PoP"
    end' <<<"$answer" 2>/dev/null | head -n 1 || printf 'the control plane answers no JSON'
}

# ready_request ADDRESS [curl arguments]: prints why a request is not answered as it should be.
ready_request() {
  local url=$1 status
  shift
  status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$@" "$url") || status=${status:-000}
  ((10#$status >= 200 && 10#$status < 500)) || printf '%s answers %s' "$url" "${status/000/nothing}"
}

ready_requests() {
  local place address reason
  for place in "${cluster_places[@]}"; do
    address=${place##*|}:$cluster_http_port
    reason=$(ready_request "http://$address/")
    [[ -z $reason ]] && reason=$(ready_request "http://$address/object/ready?size=1" -H 'Host: trace.atoll')
    [[ -z $reason ]] || { printf '%s' "$reason"; return; }
  done
}

# ready_wait: runs as a step; its last line is the reason when it gives up.
ready_wait() {
  local deadline=$((SECONDS + ready_limit)) reason='' last='' ended
  while ((SECONDS < deadline)); do
    if ! ended=$(ready_programs); then
      tail -n 15 -- "$process_log/$ended.log"
      printf '%s ended.\n' "$ended"
      return 1
    fi
    reason=$(ready_status)
    [[ -z $reason ]] && reason=$(ready_requests)
    [[ -z $reason ]] && return 0
    [[ $reason != "$last" ]] && printf '%s\n' "$reason"
    last=$reason
    sleep 0.2
  done
  printf 'Not ready after %d s: %s\n' "$ready_limit" "$reason"
  return 1
}

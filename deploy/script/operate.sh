# The commands that ask the control plane: atoll-cli does the work.

operate() {
  [[ -x $process_bin/atoll-cli ]] || die 'atoll-cli is not built; ./atoll build does it, and so does ./atoll up'
  export ATOLL_API=${ATOLL_API:-http://$cluster_control}
  exec "$process_bin/atoll-cli" "$@"
}

command_pops() { operate pops "$@"; }
command_route() { operate route "$@"; }
command_stats() { operate stats "$@"; }
command_top() { operate top "$@"; }
command_purge() { operate purge "$@"; }
command_tokens() { operate tokens "$@"; }
command_audit() { operate audit "$@"; }

# The script's own commands are completed too.
command_completion() {
  local also=() word
  for word in up down logs test build dns node bench format tidy help; do also+=(--also "$word"); done
  operate completion --name atoll "${also[@]}" "$@"
}

# The command node.

command_node() {
  case ${1:-} in
    token | revoke)
      [[ -x $process_bin/atoll-control ]] ||
        die 'atoll-control is not built; ./atoll build does it, and so does ./atoll up'
      exec "$process_bin/atoll-control" node "$@" ;;
    -h | --help | '')
      say './atoll node token  --config CONTROL.TOML --pop POP [--node NODE]     a token with which an edge joins, once'
      say './atoll node token  --config CONTROL.TOML --kind origin --name NAME   the same for an origin'
      say './atoll node revoke --config CONTROL.TOML ...                         refuses what it has from now on'
      say 'On the machine of the control plane, as its user; docs/trust.md. The demo of ./atoll up does without.'
      [[ -n ${1:-} ]] || return 2 ;;
    *) usage_error "node does not know \"$1\"" node ;;
  esac
}

# The commands replay, lab and bench.

command_replay() {
  case ${1:-} in
    '' | -h | --help)
      say './atoll replay FILE [options]: asks the running cluster (./atoll up) for what the trace asks for.'
      say ''
      [[ -x $process_bin/atoll-cli ]] && "$process_bin/atoll-cli" replay --help
      [[ -n ${1:-} ]] || return 2
      return ;;
  esac
  running control || die 'the cluster does not run; start it with ./atoll up'
  exec "$process_bin/atoll-cli" replay "$@"
}

command_lab() {
  case ${1:-} in
    '' | -h | --help)
      say './atoll lab EXPERIMENT [options]: experiments that need no cluster; builds what they need.'
      say ''
      [[ -x $process_bin/atoll-cli ]] && "$process_bin/atoll-cli" lab --help
      [[ -n ${1:-} ]] || return 2
      return ;;
  esac
  install_packages build run
  build release atoll-cli >&2
  exec "$process_bin/atoll-cli" lab "$@"
}

command_bench() {
  local program
  case ${1:-} in
    -h | --help)
      say './atoll bench [options]: benchmarks of the pure parts, then wrk against one pinned edge worker.'
      say 'Takes minutes and wants an idle machine. Options go to tests/bench/edge/bench.py; see tests/bench/README.md.'
      return ;;
  esac
  install_packages build run test bench
  build release
  while IFS= read -r program; do
    say ''
    say "$ui_bold${program##*/}$ui_plain"
    "$program"
  done < <(find build/release/tests/bench -type f -name 'bench_*' -executable | sort)
  say ''
  exec tests/bench/edge/bench.py --build build/release "$@"
}

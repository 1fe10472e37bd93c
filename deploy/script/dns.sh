# The command dns.

command_dns() {
  local what=${1:-}
  case $what in
    keygen)
      [[ $# -eq 3 && $2 != -* ]] || usage_error 'dns keygen wants ZONE and FILE' dns
      install_packages build run
      build release atoll-control >&2
      exec "$process_bin/atoll-control" dns-key --zone "$2" "$3" ;;
    '' | -h | --help)
      say './atoll dns keygen ZONE FILE: makes the key that signs the zone, unless FILE is there, and prints its'
      say 'DNSKEY record and the DS record for the zone above. FILE is what [dns] key names; keep it secret.'
      [[ -n $what ]] || return 2 ;;
    *) usage_error "dns does not know \"$what\"" dns ;;
  esac
}

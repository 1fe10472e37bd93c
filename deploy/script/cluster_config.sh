# The demo cluster: its places, its addresses and the configuration files made from them.

# id|city|country|latitude|longitude|address. Every PoP has a loopback address of its own, so that all
# of them can use the same ports.
cluster_places=(
  'fra|Frankfurt|DE|50.11|8.68|127.0.1.1'
  'iad|Ashburn|US|39.04|-77.49|127.0.2.1'
  'gru|São Paulo|BR|-23.55|-46.63|127.0.3.1'
  'bom|Mumbai|IN|19.08|72.88|127.0.4.1'
  'sin|Singapore|SG|1.35|103.82|127.0.5.1'
  'syd|Sydney|AU|-33.87|151.21|127.0.6.1'
)
cluster_http_port=8080
cluster_admin_port=9090
cluster_control=127.0.0.1:8000
cluster_fleet=127.0.0.1:8001
cluster_dns=127.0.0.1:5300
cluster_zone=cdn.atoll
cluster_origin=127.0.0.1:7400
cluster_origin_admin=127.0.0.1:9091

cluster_conf=$ATOLL_HOME/config
cluster_state=$ATOLL_HOME/state

# toml_string TEXT: as a TOML basic string. Control characters are refused by the callers.
toml_string() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# write_if_changed FILE: from stdin; a program is restarted only when its file really changed.
write_if_changed() {
  mkdir -p -- "$(dirname -- "$1")"
  cat >"$1.new" || die "cannot write $1: is the disk full?"
  if cmp -s -- "$1.new" "$1"; then rm -- "$1.new"; else mv -- "$1.new" "$1"; fi
}

# write_origin_config UPSTREAM (may be empty)
write_origin_config() {
  {
    printf '# Written by ./atoll up; changed again by the next one.\n[origin]\nlisten = "%s"\nadmin_listen = "%s"\n' \
      "$cluster_origin" "$cluster_origin_admin"
    printf '\n# The front page of the demo.\n[source.welcome]\ntype = "directory"\nroot = %s\n' \
      "$(toml_string "$ATOLL_ROOT/deploy/demo")"
    printf '\n# The Debian Administrator'\''s Handbook.\n[source.handbook]\ntype = "directory"\nroot = %s\n' \
      "$(toml_string "$handbook")"
    printf '\n# Objects of any size, made up from their name; what ./atoll replay asks for.\n'
    printf '[source.trace]\ntype = "synthetic"\n'
    if [[ -n $1 ]]; then
      printf '\n[source.upstream]\ntype = "http"\nurl = %s\npreserve_host = false\n' "$(toml_string "$1")"
    fi
  } | write_if_changed "$cluster_conf/origin.toml"
}

# config_origin ID: an origin and the group of the same name, of one member.
config_origin() {
  printf '\n[[origin]]\nid = "%s"\nendpoint = "%s"\nsource = "%s"\nhead_timeout = "10s"\n' "$1" "$cluster_origin" "$1"
  printf '\n[[origin_group]]\nid = "%s"\norigins = ["%s"]\n' "$1" "$1"
}

# config_behaviour PATTERN GROUP [EXTRA LINE]: belongs to the distribution before it.
config_behaviour() {
  printf '\n[[distribution.behaviour]]\npath = "%s"\norigin_group = "%s"\n' "$1" "$2"
  printf '%s' "${3:-}"
}

config_distributions() {
  local read_only=$'allowed_methods = ["GET", "HEAD"]\n'
  local minutes=$'[distribution.behaviour.cache]\ndefault_ttl = "10m"\n'
  printf '\n[[distribution]]\nid = "trace"\nhosts = ["trace.atoll"]\n'
  config_behaviour '*' trace "$read_only"
  printf '\n[[distribution]]\nid = "site"\nhosts = ["*"]\n'
  if [[ -n $1 ]]; then
    config_behaviour '*' upstream
  else
    config_behaviour '/' welcome "$read_only$minutes"
    config_behaviour '*' handbook "$read_only$minutes"
  fi
}

# config_dns: names below a zone of the demo's own, answered with the PoPs' addresses.
config_dns() {
  printf '\n[dns]\nlisten = ["%s"]\nzone = "%s"\nname_servers = ["ns1.%s"]\n' \
    "$cluster_dns" "$cluster_zone" "$cluster_zone"
  printf '\n[[dns.record]]\nname = "ns1.%s"\ntype = "A"\nvalue = "%s"\n' "$cluster_zone" "${cluster_dns%:*}"
}

# write_control_config UPSTREAM GEO_DATABASE
write_control_config() {
  local place id city country latitude longitude address
  {
    printf '# Written by ./atoll up; changed again by the next one.\n[control]\nlisten = "%s"\nfleet_listen = "%s"\n' \
      "$cluster_control" "$cluster_fleet"
    printf 'geo_database = %s\nlease = "2s"\nstate_dir = %s\n' \
      "$(toml_string "$2")" "$(toml_string "$cluster_state/control")"
    config_dns
    for place in "${cluster_places[@]}"; do
      IFS='|' read -r id city country latitude longitude address <<<"$place"
      printf '\n[[pop]]\nid = "%s"\ncity = "%s"\ncountry = "%s"\nlatitude = %s\nlongitude = %s\nendpoints = ["%s:%s"]\n' \
        "$id" "$city" "$country" "$latitude" "$longitude" "$address" "$cluster_http_port"
    done
    config_origin welcome
    config_origin handbook
    config_origin trace
    [[ -n $1 ]] && config_origin upstream
    config_distributions "$1"
  } | write_if_changed "$cluster_conf/control.toml"
}

# write_edge_config ID ADDRESS
write_edge_config() {
  write_if_changed "$cluster_conf/pop-$1.toml" <<TOML
# Written by ./atoll up; changed again by the next one.
[edge]
pop = "$1"
node = "0"
listen = ["$2:$cluster_http_port"]
admin_listen = "$2:$cluster_admin_port"
control = "$cluster_fleet"
state_dir = $(toml_string "$cluster_state/pop-$1")
cache_memory = "256MiB"
workers = 1
TOML
}

# write_configs UPSTREAM GEO_DATABASE
write_configs() {
  local place id address
  mkdir -p -- "$cluster_conf" "$cluster_state/control"
  printf '%s\n' "${#cluster_places[@]}" | write_if_changed "$cluster_conf/pops"
  write_origin_config "$1"
  write_control_config "$1" "$2"
  for place in "${cluster_places[@]}"; do
    IFS='|' read -r id _ _ _ _ address <<<"$place"
    mkdir -p -- "$cluster_state/pop-$id"
    write_edge_config "$id" "$address"
  done
}

# recall_places: as many places as the last `up` was given.
recall_places() {
  local pops
  [[ -r $cluster_conf/pops ]] || return 0
  pops=$(<"$cluster_conf/pops")
  if [[ $pops =~ ^[1-9]$ ]]; then cluster_places=("${cluster_places[@]:0:pops}"); fi
}

# cluster_programs: one line per program: name, binary, configuration, then the addresses it listens on.
cluster_programs() {
  local place id address
  printf 'control atoll-control control.toml %s %s %s\n' "$cluster_control" "$cluster_fleet" "$cluster_dns"
  printf 'origin atoll-origin origin.toml %s %s\n' "$cluster_origin" "$cluster_origin_admin"
  for place in "${cluster_places[@]}"; do
    IFS='|' read -r id _ _ _ _ address <<<"$place"
    printf 'pop-%s atoll-edge pop-%s.toml %s:%s %s:%s\n' "$id" "$id" \
      "$address" "$cluster_http_port" "$address" "$cluster_admin_port"
  done
}

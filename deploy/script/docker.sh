# A Docker engine to test with: the one that answers, or one started here and ended again.

docker_home=$ATOLL_HOME/docker  # images and containers of an engine that we started
docker_log=$ATOLL_HOME/log/dockerd.log
docker_socket=''                # empty: the machine's own engine
docker_ours=''                  # process id of the dockerd that we started

# Debian's client first: some machines have something else of that name earlier on PATH.
docker_client() { if [[ -x /usr/bin/docker ]]; then printf /usr/bin/docker; else type -P docker; fi; }

# docker_do ARGUMENT...: the client, as root where the engine wants it.
docker_do() {
  local client
  client=$(docker_client) || return
  if [[ -n $docker_socket ]]; then
    as_root env DOCKER_HOST="unix://$docker_socket" DOCKER_BUILDKIT=1 "$client" "$@"
  elif [[ -n ${docker_needs_root:-} ]]; then
    as_root env DOCKER_BUILDKIT=1 "$client" "$@"
  else
    DOCKER_BUILDKIT=1 "$client" "$@"
  fi
}

# docker_answers: true when the machine's own engine does; remembers whether it wants root.
docker_answers() {
  local client
  docker_socket='' docker_needs_root=''
  client=$(docker_client) || return 1
  "$client" info >/dev/null 2>&1 && return
  docker_needs_root=1
  as_root "$client" info >/dev/null 2>&1
}

# dockerd_try FOLDER [option...]: starts one and waits until it answers or ends.
dockerd_try() {
  local folder=$1 deadline=$((SECONDS + 40)) launcher
  shift
  printf -- '--- dockerd %s\n' "$*" >>"$docker_log"
  as_root setsid /usr/sbin/dockerd --host "unix://$folder/docker.sock" --data-root "$docker_home" \
    --exec-root "$folder/exec" --pidfile "$folder/pid" "$@" >>"$docker_log" 2>&1 </dev/null 9>&- &
  launcher=$!
  docker_socket=$folder/docker.sock
  while ((SECONDS < deadline)); do
    if docker_do info >/dev/null 2>&1; then
      docker_ours=$(as_root cat "$folder/pid")
      disown "$launcher"
      return 0
    fi
    kill -0 "$launcher" 2>/dev/null || return 1
    sleep 0.3
  done
  docker_ours=$(as_root cat "$folder/pid" 2>/dev/null) || true
  docker_end
  return 1
}

# docker_start: kernels and containers differ in what they allow, so the ordinary way comes first, then
# without overlayfs, then without rules for the packet filter (published ports then go through
# docker-proxy alone, which is enough on loopback).
docker_start() {
  local folder options
  local ways=('' '--storage-driver=vfs' '--iptables=false --ip6tables=false'
    '--storage-driver=vfs --iptables=false --ip6tables=false')
  : >"$docker_log"
  mkdir -p -- "$docker_home"
  # A socket's path may have 107 bytes, so it is not below the checkout.
  folder=$(mktemp -d /tmp/atoll-docker.XXXXXX)
  for options in "${ways[@]}"; do
    # shellcheck disable=SC2086  # the options are words
    dockerd_try "$folder" $options && { say "  dockerd $options, data in ${docker_home#"$ATOLL_ROOT"/}"; return; }
  done
  show_tail "$docker_log" 25
  die 'no Docker engine answers and none could be started here: dockerd needs root, cgroups and namespaces; see the log above'
}

# docker_end: ends the dockerd that we started, by process id, if it still is one.
docker_end() {
  local exe deadline=$((SECONDS + 30))
  [[ -n $docker_ours ]] || return 0
  exe=$(as_root readlink "/proc/$docker_ours/exe") || exe=''
  if [[ $exe == */dockerd ]]; then
    as_root kill -TERM "$docker_ours" || true
    while as_root kill -0 "$docker_ours" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.2; done
    as_root kill -0 "$docker_ours" 2>/dev/null && complain "dockerd (process $docker_ours) does not end"
  fi
  rm -rf -- "${docker_socket%/*}" 2>/dev/null || as_root rm -rf -- "${docker_socket%/*}"
  docker_ours='' docker_socket=''
}

docker_base=atoll-base:bookworm

# base_sources: sources.list lines of this machine's own Debian 12 mirrors, found at run time.
base_sources() {
  apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -n 's/^Debian \(deb [^ ]* bookworm.*\)$/\1/p' | sort -u
}

# base_image: a Debian 12 that reaches the same package mirror as this machine. From the registry if it
# answers, else made with debootstrap.
base_image() {
  local work=$ATOLL_HOME/base mirror from=atoll-debian:bookworm
  docker_do image inspect "$docker_base" >/dev/null 2>&1 && return
  rm -rf -- "$work"
  mkdir -p -- "$work"
  base_sources >"$work/sources.list"
  mirror=$(awk '$3 == "bookworm" { print $2; exit }' "$work/sources.list")
  [[ -n $mirror ]] || { echo 'apt knows no Debian 12 mirror here'; return 1; }
  if docker_do pull debian:12; then
    from=debian:12
  else
    echo 'no image registry answers; making the base image with debootstrap'
    as_root debootstrap --variant=minbase bookworm "$work/rootfs" "$mirror" || return
    as_root tar -C "$work/rootfs" --exclude=./dev/* --exclude=./var/cache/apt/archives/*.deb -c . |
      docker_do import - "$from" || return
    as_root rm -rf -- "$work/rootfs"
  fi
  # The machine's way to its mirror: proxy and checks, and the certificates it trusts.
  apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)[^ ]* "[^"]+";$' >"$work/apt.conf" || true
  mkdir -p -- "$work/certificates"
  cp -- /usr/local/share/ca-certificates/*.crt "$work/certificates/" 2>/dev/null || true
  cat >"$work/Dockerfile" <<'TEXT'
ARG FROM
FROM ${FROM}
COPY certificates /usr/local/share/ca-certificates
COPY sources.list /tmp/sources.list
COPY apt.conf /etc/apt/apt.conf.d/90host
RUN rm -f /etc/apt/sources.list.d/debian.sources && mv /tmp/sources.list /etc/apt/sources.list
RUN if [ -n "$(ls /usr/local/share/ca-certificates)" ]; then \
      apt-get update && apt-get install -y --no-install-recommends ca-certificates && update-ca-certificates; \
    fi
TEXT
  docker_do build --network host --build-arg FROM="$from" -t "$docker_base" "$work"
}

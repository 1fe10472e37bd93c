# `./atoll test --compose`: the images and deploy/compose.yaml for real.

compose_front=http://127.0.0.1:8100
compose_page=/en-US/index.html
compose_limit=60  # seconds until the cluster must be ready

compose_usage() {
  cat <<TEXT
./atoll test --compose [--from-source]

Builds the images, brings deploy/compose.yaml up, asks for a page through the redirect (a miss, then a
hit), kills that PoP and sees another answer, and takes everything down again.
  --from-source  compile inside the image; otherwise the image gets the programs of build/release
TEXT
}

test_compose() {
  local source=prebuilt
  case ${1:-} in
    '') ;;
    --from-source) source=compiled ;;
    -h | --help) compose_usage; return ;;
    *) usage_error "test --compose does not know \"$1\"" test ;;
  esac
  part docker
  if [[ $source == prebuilt ]]; then
    install_packages build run
    build_programs
    setup_geo
  fi
  ((EUID == 0)) || need_root 'Talking to the Docker engine' './atoll test --compose'
  only_one compose 'Another ./atoll test --compose is at work; waiting for it.'
  compose_engine
  trap compose_end EXIT
  compose_images "$source"
  compose_run
  trap - EXIT
  compose_end
  say ''
  say 'compose: all checks passed.'
}

compose_engine() {
  if docker_answers; then
    type -P docker-compose >/dev/null || install_packages compose
  else
    install_packages compose
    docker_start
  fi
}

compose_images() {
  local context=$ATOLL_ROOT hint='The end of the log above says which command of deploy/Dockerfile failed.'
  step 'Making the base image' "$setup_log/base-image.log" 'It needs a Debian mirror that answers.' base_image
  if [[ $1 == prebuilt ]]; then
    context=$ATOLL_HOME/image
    compose_context "$context"
  fi
  export ATOLL_IMAGE=atoll:test ATOLL_REDIS_IMAGE=atoll-redis:test
  step 'Building the image of the programs' "$setup_log/image.log" "$hint" \
    docker_do build --network host --build-arg BASE="$docker_base" --build-arg PROGRAMS="$1" \
    --target runtime -t "$ATOLL_IMAGE" -f "$context/deploy/Dockerfile" "$context"
  step 'Building the image of Redis' "$setup_log/image-redis.log" "$hint" \
    docker_do build --network host --build-arg BASE="$docker_base" \
    --target redis -t "$ATOLL_REDIS_IMAGE" -f "$context/deploy/Dockerfile" "$context"
}

# compose_context FOLDER: a build context with the programs that are already compiled.
compose_context() {
  rm -rf -- "$1"
  mkdir -p -- "$1/prebuilt/bin" "$1/deploy"
  cp -R -- deploy/Dockerfile deploy/packages deploy/image "$1/deploy/"
  cp -- "$geo_database" "$1/prebuilt/geo.mmdb"
  install -s -t "$1/prebuilt/bin" build/release/bin/atoll-{edge,origin,control,cli}
}

# compose ARGUMENT...: docker-compose on our file, in a project of its own.
compose() {
  local command=("$(type -P docker-compose)") environment=(
    "ATOLL_IMAGE=$ATOLL_IMAGE" "ATOLL_REDIS_IMAGE=$ATOLL_REDIS_IMAGE" "ATOLL_CONTENT=$handbook")
  [[ -z $docker_socket ]] || environment+=("DOCKER_HOST=unix://$docker_socket")
  command+=(--project-name atoll-test --file deploy/compose.yaml)
  if [[ -n $docker_socket || -n ${docker_needs_root:-} ]]; then
    as_root env "${environment[@]}" "${command[@]}" "$@"
  else
    env "${environment[@]}" "${command[@]}" "$@"
  fi
}

# compose_end: on success and on failure alike; what it stops was started here.
compose_end() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then compose logs --no-color --tail 15 2>/dev/null | cut -c 1-300 || true; fi
  compose down --volumes --remove-orphans --timeout 5 >>"$setup_log/compose.log" 2>&1 || true
  docker_end
  return "$status"
}

compose_up() { compose up --detach --no-build; }

compose_run() {
  local pop other began hint='./deploy/compose.yaml describes the cluster; the log above is from its programs.'
  step 'Starting the containers' "$setup_log/compose.log" "$hint" compose_up
  step 'Waiting until the cluster is ready' "$setup_log/compose-ready.log" "$hint" compose_ready
  compose_expect_fetch 'first request' 'fwd='
  compose_expect_fetch 'second request' 'hit'
  pop=$compose_pop
  compose kill "pop-$pop" >>"$setup_log/compose.log" 2>&1 || die "could not kill the container pop-$pop"
  began=$SECONDS
  other=$(compose_other_pop "$pop") || die "the front door still sends clients to $pop, which is dead since 10 s"
  compose_expect_fetch "$pop is dead, $other answers within $(seconds $((SECONDS - began + 1)))" "atoll-$other;"
  compose up --detach --no-build "pop-$pop" >>"$setup_log/compose.log" 2>&1 || die "could not start pop-$pop again"
  step "Waiting until $pop is back" "$setup_log/compose-ready.log" "$hint" compose_ready
  compose_expect_fetch "$pop is back" 'atoll-'"$pop"';'
}

# compose_ready: the containers are healthy by their own checks, and the control plane says ready.
compose_ready() {
  local deadline=$((SECONDS + compose_limit)) sick=''
  while ((SECONDS < deadline)); do
    sick=$(compose ps -q | xargs -r -n 1 echo | while read -r id; do
      docker_do inspect --format '{{.Name}} {{.State.Health.Status}}' "$id"
    done | grep -v ' healthy$') || sick=''
    if [[ -z $sick ]] && curl -fsS --max-time 2 "$compose_front/v1/status" | jq -e .ready >/dev/null; then
      return 0
    fi
    sleep 0.5
  done
  printf 'Not ready after %d s: %s\n' "$compose_limit" "${sick:-the control plane does not say ready}"
  return 1
}

# compose_expect_fetch WHAT CACHE_STATUS: GET through the redirect; sets compose_pop to who answered.
compose_expect_fetch() {
  local heads
  heads=$(curl -sS --max-time 10 -L -D - -o /dev/null "$compose_front$compose_page" | tr -d '\r') ||
    die "$1: the page cannot be fetched"
  [[ $heads =~ ^HTTP/1\.1\ 302 ]] || die "$1: the front door did not redirect: ${heads%%$'\n'*}"
  compose_pop=$(sed -n 's/^[Cc]ache-[Ss]tatus: atoll-\([a-z]*\);.*/\1/p' <<<"$heads")
  [[ $heads == *$'\nHTTP/1.1 200'* && -n $compose_pop ]] || die "$1: no page came back: $heads"
  [[ $(grep -i '^cache-status:' <<<"$heads") == *"$2"* ]] ||
    die "$1: expected \"$2\" in $(grep -i '^cache-status:' <<<"$heads")"
  say "$ui_green✓$ui_plain $1: $(grep -i '^cache-status:' <<<"$heads")"
}

# compose_other_pop DEAD: waits until the front door sends clients elsewhere; prints where.
compose_other_pop() {
  local deadline=$((SECONDS + 10)) pop
  while ((SECONDS < deadline)); do
    pop=$(curl -sS --max-time 3 -L -D - -o /dev/null "$compose_front$compose_page" 2>/dev/null | tr -d '\r' |
      sed -n 's/^[Cc]ache-[Ss]tatus: atoll-\([a-z]*\);.*/\1/p') || pop=''
    if [[ -n $pop && $pop != "$1" ]]; then printf '%s' "$pop"; return 0; fi
    sleep 0.1
  done
  return 1
}

# Set-up: Debian's packages, configure and build, the address database.

setup_log=$ATOLL_HOME/log/setup

# missing_packages SECTION...: those of the list that are not installed, one a line.
missing_packages() {
  local line package command
  local -A installed=()
  while read -r package; do installed[$package]=1; done < <(
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | awk '$1 == "installed" { print $2 }')
  deploy/packages/list --lines "$@" | while read -r package line; do
    [[ -n ${installed[$package]:-} ]] && continue
    command=${line#command=}
    [[ $line == command=* ]] && type -P "$command" >/dev/null && continue
    printf '%s\n' "$package"
  done
}

# as_root command...: directly or through sudo; the caller has made sure that one of them works.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n -- "$@"; fi
}

# need_root WHAT: ends the script with a sentence when there is no way to become root.
need_root() {
  ((EUID == 0)) && return
  type -P sudo >/dev/null || die "$1 needs root and there is no sudo here. Run as root: $2"
  sudo -n true 2>/dev/null && return
  [[ -t 0 ]] || die "$1 needs root, and sudo wants a password but there is no terminal to ask on. Run as root: $2"
  say "$1 needs root; sudo asks for your password once."
  sudo -v || die "sudo refused. Run as root: $2"
}

# An image that leaves out documentation (path-exclude) would install the demo's content as nothing.
apt_install() {
  as_root apt-get update -q || return
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--path-include=/usr/share/doc/debian-handbook/* "$@"
}

# install_packages SECTION...
install_packages() {
  local missing
  [[ -n ${ATOLL_SKIP_PACKAGES:-} ]] && return
  type -P dpkg-query apt-get >/dev/null ||
    die "this machine has no apt. Install what deploy/packages/packages.txt names by your own means, then set ATOLL_SKIP_PACKAGES=1"
  mapfile -t missing < <(missing_packages "$@")
  if [[ " $* " == *' demo '* || " $* " == *' test '* ]] && [[ ! -d $handbook && " ${missing[*]} " != *' debian-handbook '* ]]; then
    missing+=(--reinstall debian-handbook)
  fi
  ((${#missing[@]})) || return 0
  need_root "Installing packages" "apt-get install --no-install-recommends ${missing[*]}"
  step "Installing Debian packages (${#missing[@]})" "$setup_log/packages.log" \
    "Check the network and /etc/apt/sources.list (Debian 12 is needed); the packages are: ${missing[*]}" \
    apt_install "${missing[@]}"
}

# Debian's package of "The Debian Administrator's Handbook", the content of the demo.
handbook=/usr/share/doc/debian-handbook/html

# build_jobs: a gRPC source takes about 1 GB to compile, so memory bounds as well as cores.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo)
  ((memory < 1)) && memory=1
  printf '%d' $((cores < memory ? cores : memory))
}

# setup_dashboard: the packages of the web application, by its lock file, unless they are there. The
# build looks for them beside their package.json and downloads nothing.
setup_dashboard() {
  local web=control-plane/dashboard/web
  cmp -s $web/package-lock.json "$ATOLL_HOME/dashboard-lock.json" && [[ -d $web/node_modules ]] && return
  step "Fetching the dashboard's packages" "$setup_log/dashboard.log" \
    "npm could not fetch them: check the network and npm's registry (npm config get registry)" \
    npm ci --no-progress --prefix $web
  mkdir -p -- "$ATOLL_HOME"
  cp -- $web/package-lock.json "$ATOLL_HOME/dashboard-lock.json"
}

# build PRESET [TARGET...]: configure and compile; no target means all of them.
build() {
  local preset=$1 hint
  shift
  only_one "build-$preset" "Another build of preset $preset is running; waiting for it."
  hint="Fix what the compiler says, or remove build/$preset and try again if it speaks of a cache."
  setup_dashboard
  step "Configuring (preset $preset)" "$setup_log/configure-$preset.log" "$hint" \
    cmake --preset "$preset"
  step "Compiling (preset $preset)" "$setup_log/compile-$preset.log" "$hint" \
    cmake --build --preset "$preset" --parallel "$(build_jobs)" ${1:+--target "$@"}
  exec 9>&-
}

# The four programs that `up` runs and `replay` uses.
build_programs() {
  build release atoll-edge atoll-origin atoll-control atoll-cli
}

geo_database=$ATOLL_HOME/geo/geo.mmdb

# fetch_geo: address -> country, from npm by lock file. npm works in .atoll, the tree stays clean.
fetch_geo() {
  local work=$ATOLL_HOME/geo package
  mkdir -p -- "$work"
  cp -- deploy/geo/package.json deploy/geo/package-lock.json deploy/geo/.npmrc "$work/" || return
  (cd -- "$work" && npm ci --no-progress) || return
  package=$work/node_modules/@ip-location-db/geo-whois-asn-country-mmdb
  cp -- "$package/geo-whois-asn-country.mmdb" "$geo_database.new" || return
  {
    printf 'package %s, ' "$(sed -n 's/^ *"name": "\(.*\)",$/\1/p' "$package/package.json")"
    printf 'version %s, ' "$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$package/package.json")"
    printf 'licence in its package.json: %s. ' "$(sed -n 's/^ *"license": "\(.*\)",$/\1/p' "$package/package.json")"
    tr '\n' ' ' <"$package/NRO_LICENSE"
    printf '\n'
  } >"$work/LICENCE"
  mv -- "$geo_database.new" "$geo_database"
}

# setup_geo: fetches the database unless the one the lock file names is there, and shows its licence.
setup_geo() {
  if [[ ! -s $geo_database ]] || ! cmp -s deploy/geo/package-lock.json "$ATOLL_HOME/geo/package-lock.json"; then
    install_packages geo
    step "Fetching the address database" "$setup_log/geo.log" \
      "npm could not fetch it: check the network and npm's registry (npm config get registry), or give your own with --geo FILE.mmdb" \
      fetch_geo
    say "  $(cat -- "$ATOLL_HOME/geo/LICENCE")"
  fi
}

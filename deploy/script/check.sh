# The commands build, test, format, tidy.

presets='dev release asan tsan fuzz'

command_build() {
  local preset=release
  while (($#)); do
    case $1 in
      --preset) preset=${2:-}; shift ;;
      --preset=*) preset=${1#*=} ;;
      -h | --help)
        say "./atoll build [--preset NAME]: installs what is missing and builds everything into build/NAME."
        say "Presets: $presets (default release)."
        return ;;
      *) usage_error "build does not know \"$1\"" build ;;
    esac
    shift || usage_error '--preset lacks its value' build
  done
  [[ " $presets " == *" $preset "* ]] || usage_error "there is no preset \"$preset\"; there are: $presets" build
  if [[ $preset == fuzz ]]; then install_packages build run fuzz; else install_packages build run; fi
  build "$preset"
}

test_usage() {
  cat <<TEXT
./atoll test [--quick | --asan | --tsan | --fuzz | --compose]

Installs what is missing, builds, runs the tests. Ends with ctest's own summary and status.
  (nothing)   everything: unit, component, fuzz corpora, layout, instruction counts, end to end,
              conformance (preset release)
  --quick     the same without end to end and conformance
  --asan      unit, component and fuzz corpora under AddressSanitizer and UBSan
  --tsan      the same under ThreadSanitizer
  --fuzz      the fuzz targets under libFuzzer, a bounded number of runs each
  --compose   the cluster of deploy/compose.yaml in real containers; starts a Docker engine if none
              answers, and ends what it started
TEXT
}

command_test() {
  case ${1:-} in
    '') test_release ;;
    --quick) test_release --label-exclude 'e2e|conformance' ;;
    --asan) test_sanitized asan ;;
    --tsan) test_sanitized tsan ;;
    --fuzz) test_fuzz ;;
    --compose) shift; part compose; test_compose "$@" ;;
    -h | --help) test_usage ;;
    *) usage_error "test does not know \"$1\"" test ;;
  esac
}

# run_ctest PRESET [ctest options]: what it prints goes straight to the terminal.
run_ctest() {
  local preset=$1
  shift
  say ''
  ctest --preset "$preset" --no-tests=error --no-label-summary "$@"
}

test_release() {
  install_packages build run test
  build release
  run_ctest release "$@"
}

# The sanitizers' own settings: the first finding ends the test, with a stack.
test_sanitized() {
  install_packages build run
  build "$1" atoll_tests
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  run_ctest "$1" --label-regex '^(unit|component|fuzz)$' --parallel "$(build_jobs)"
}

test_fuzz() {
  install_packages build run fuzz
  build fuzz atoll_tests
  run_ctest fuzz --label-regex '^fuzz$'
}

# sources: every C++ file that git knows or would know.
sources() {
  git ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h' |
    while IFS= read -r -d '' file; do [[ -f $file ]] && printf '%s\0' "$file"; done
}

command_format() {
  local mode=(-i)
  case ${1:-} in
    '') ;;
    --check) mode=(--dry-run --Werror) ;;
    -h | --help)
      say './atoll format [--check]: clang-format-19 over all C++ sources; --check changes nothing and fails on a difference.'
      return ;;
    *) usage_error "format does not know \"$1\"" format ;;
  esac
  install_packages lint
  if ! sources | xargs -0 -r clang-format-19 "${mode[@]}" --; then
    die 'these files are not formatted; ./atoll format does it'
  fi
  say "Formatting: $(sources | tr -cd '\0' | wc -c) files looked at."
}

# The flags come from a gcc build; clang does not know some of them, and reads no GCC precompiled
# header. One process per core, one file each.
command_tidy() {
  local files began=$SECONDS
  case ${1:-} in
    -h | --help)
      say './atoll tidy [FILE...]: clang-tidy-19 with .clang-tidy over the given sources, or all of them.'
      return ;;
  esac
  install_packages build run lint
  build dev
  deploy/script/tidy_commands build/dev/compile_commands.json build/dev/tidy
  if (($#)); then files=("$@"); else mapfile -d '' files < <(sources | grep -z '\.cc$'); fi
  if ! printf '%s\0' "${files[@]}" | xargs -0 -r -n 1 -P "$(nproc)" clang-tidy-19 --quiet -p build/dev/tidy; then
    die 'clang-tidy found what is printed above'
  fi
  say "clang-tidy: ${#files[@]} files, nothing found, $(seconds $((SECONDS - began)))."
}

# shellcheck shell=bash
# What the tools share: where the project is, speaking to people, packages, building. Sourced by bash scripts, which
# say `set -euo pipefail` themselves.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir="$project/.run"
node_binary="$project/build/release/runtime/hypercache-node"

say() { printf '\n== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "$0" "$1" >&2
  exit "${2:-1}"
}

# packages_missing KIND…: those of tools/packages that are asked for and not installed, one per line.
packages_missing() {
  local kinds=" $* " package kind rest
  while read -r package kind rest; do
    [[ -z $package || $package == \#* || $kinds != *" $kind "* ]] && continue
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done <"$project/tools/packages"
}

# install_packages KIND…: installs what is missing; without the right to do so prints the line to type and ends.
install_packages() {
  local -a missing as_root=()
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]})) || return 0
  local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  command -v apt-get >/dev/null || die "needs these packages (named as in Debian 12): ${missing[*]}"
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      printf 'Missing packages, and neither root nor sudo to install them. As root, type:\n\n  %s\n\n' "$line" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q </dev/null ||
    die "apt-get update failed; as root, type: $line"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null ||
    die "apt-get install failed; as root, type: $line"
}

# build PRESET [TARGET…]: all targets if none is named. Progress: done/all, seconds.
build() {
  local preset=$1 only=()
  shift
  (($#)) && only=(--target "$@")
  say "building $preset${*:+: $*}"
  mkdir -p "$project/build"
  (cd "$project" && cmake --preset "$preset" >"$project/build/$preset.configure.log" 2>&1) || {
    cat "$project/build/$preset.configure.log" >&2
    die "configuring $preset failed"
  }
  NINJA_STATUS='[%f/%t %es] ' cmake --build "$project/build/$preset" "${only[@]}" </dev/null ||
    die "building $preset failed"
}

# pid_is_ours PID: it lives, and what it runs is this project's node (even if the file was built anew since).
pid_is_ours() {
  local exe
  exe=$(readlink "/proc/$1/exe" 2>/dev/null) || return 1
  [[ ${exe% (deleted)} == "$(realpath -m "$node_binary")" ]]
}

# node_pid N: the recorded pid of node N, if that node runs.
node_pid() {
  local pid
  pid=$(cat "$run_dir/node-$1/pid" 2>/dev/null) || return 1
  pid_is_ours "$pid" || return 1
  echo "$pid"
}

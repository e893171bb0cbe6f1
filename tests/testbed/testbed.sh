#!/bin/bash
# Real engines for the live tests, on one Debian machine, as root, with nothing installed.
#
#   testbed.sh up [MACHINE...]    start machines (all of them when none is named)
#   testbed.sh down               remove the bed: processes, mounts, networks, groups, files
#   testbed.sh status             one line per machine
#   testbed.sh env                what the live tests read, as shell assignments
#   testbed.sh in MACHINE CMD...  run a command inside a machine
#   testbed.sh kill MACHINE       SIGKILL its engine daemon, and nothing else
#   testbed.sh stop MACHINE       freeze its engine daemon;  cont MACHINE lets it go on
#   testbed.sh start MACHINE      start its daemon again after kill
#   testbed.sh restart MACHINE    end its daemon in order and start it again
#   testbed.sh fetch              only fill the cache of packages
#   testbed.sh hindrance          why this machine cannot carry a bed; nothing when it can
#   testbed.sh cli                the path of a docker CLI from those packages
#
# Machines:  A Docker 20.10 (unix, mutual TLS on 2376)   P4 Podman 4   F  Docker 20.10, for faults
#            B Docker 26.1 (unix, plain TCP on 2375)     P5 Podman 5   FP Podman 5, for faults
#            C Docker 28   (unix, mutual TLS on 2376)    R  registry: 5000 open, 5001 user tb, secret
#            S Docker 28   (unix), for a Swarm
#
# PILOTHOUSE_TESTBED        where the bed lives (a short path; `up` makes one when it is unset)
# PILOTHOUSE_TESTBED_CACHE  unpacked packages, kept between beds, needed network only once
set -uo pipefail

BED_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly BED_SCRIPTS
readonly ALL_MACHINES="R A B C S P4 P5 F FP"
CACHE=${PILOTHOUSE_TESTBED_CACHE:-/var/tmp/pilothouse-testbed-cache}
ROOT=${PILOTHOUSE_TESTBED:-}

say() { echo "testbed: $*" >&2; }
complain() { echo "testbed: $*" >&2; }

# until_or SECONDS COMMAND...: repeats the command until it holds; false when it never did.
until_or() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# shellcheck source=packages.sh
. "$BED_SCRIPTS/packages.sh"
# shellcheck source=machines.sh
. "$BED_SCRIPTS/machines.sh"
# shellcheck source=engines.sh
. "$BED_SCRIPTS/engines.sh"
# shellcheck source=image.sh
. "$BED_SCRIPTS/image.sh"

hindrance() {
  local tool
  [ "$(id -u)" -eq 0 ] || { echo "not root"; return; }
  grep -qs '^ID=debian' /etc/os-release || { echo "not Debian"; return; }
  for tool in apt-get dpkg-deb ip curl openssl nsenter unshare perl flock; do
    command -v "$tool" >/dev/null || { echo "no $tool"; return; }
  done
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
    { echo "no overlay file system"; return; }
  unshare --net --mount --pid --fork true 2>/dev/null || { echo "no namespaces"; return; }
}

machines_down() {
  local name
  for name in "$@"; do machine_kill "$name" & done
  wait
}

bring_up() {
  local name=$1
  if machine_exists "$name" && daemon_answers "$name"; then return 0; fi
  if ! start_once "$name"; then
    say "$name: once more"
    start_once "$name" || return 1
  fi
  : >"$(machine_dir "$name")/ready"
}

start_once() {
  [ ! -d "$(machine_dir "$1")" ] || machine_kill "$1"
  machine_up "$1" && daemon_start "$1" || return 1
  if [ "$1" = R ]; then image_publish; else image_import "$1"; fi
}

cmd_up() {
  local names=("$@") name why jobs=() failed=() sets
  [ ${#names[@]} -gt 0 ] || read -ra names <<<"$ALL_MACHINES"
  why=$(hindrance)
  [ -z "$why" ] || { complain "cannot start here: $why"; return 3; }
  for name in "${names[@]}"; do
    machine_tools "$name" >/dev/null || { complain "there is no machine $name"; return 2; }
  done
  if [ -z "$ROOT" ]; then
    ROOT=$(mktemp -d /var/tmp/phbed.XXXXX)
    echo "export PILOTHOUSE_TESTBED='$ROOT'"
  fi
  # A Unix socket's whole path has 107 bytes, and the engines append to this one.
  [ ${#ROOT} -le 60 ] || { complain "the path $ROOT is too long for sockets"; return 2; }
  case $ROOT in /var/lib/*) complain "the bed cannot live below /var/lib"; return 2 ;; esac
  mkdir -p "$ROOT/m" && : >"$ROOT/pilothouse-testbed" || return 1
  sets=$(for name in "${names[@]}"; do machine_tools "$name"; done | sort -u)
  # shellcheck disable=SC2086 # several words
  toolsets_fetch base docker28 $sets && switch_up && certificates && image_layer || return 1
  for name in "${names[@]}"; do
    bring_up "$name" &
    jobs+=("$!")
  done
  for name in "${names[@]}"; do
    wait "${jobs[0]}" || failed+=("$name")
    jobs=("${jobs[@]:1}")
  done
  [ ${#failed[@]} -eq 0 ] || { complain "did not start: ${failed[*]}"; return 1; }
  say "${#names[@]} machines up in ${SECONDS} s, at $ROOT"
}

cmd_down() {
  local names=() dir
  for dir in "$ROOT"/m/*/; do
    [ -d "$dir" ] && names+=("$(basename "$dir")")
  done
  [ ${#names[@]} -eq 0 ] || machines_down "${names[@]}"
  [ ! -e "$ROOT/id" ] || switch_down
  rm -rf "$ROOT" || { complain "$ROOT could not be removed"; return 1; }
}

cmd_status() {
  local name dir daemon state
  for name in $ALL_MACHINES; do
    dir=$(machine_dir "$name")
    daemon=$(recorded "$dir/daemon")
    if ! machine_exists "$name"; then state=absent
    elif [ -z "$daemon" ]; then state=dead
    elif grep -q '^State:.T' "/proc/$daemon/status"; then state=frozen
    elif daemon_answers "$name"; then state=up
    else state=silent
    fi
    printf '%-3s %-9s %-7s %s\n' "$name" "$(machine_tools "$name")" "$state" \
      "$([ "$name" = R ] && echo "$(machine_address R):5000" || echo "unix://$(machine_socket "$name")")"
  done
}

is_ready() { [ -e "$(machine_dir "$1")/ready" ]; }

cmd_env() {
  local name engines='' faults='' entry
  for name in A B C P4 P5; do
    is_ready "$name" || continue
    engines+=" $(machine_tools "$name")=unix://$(machine_socket "$name")"
  done
  for name in F FP; do
    is_ready "$name" || continue
    faults+=" $(machine_tools "$name")f=$name=unix://$(machine_socket "$name")"
  done
  assign PILOTHOUSE_LIVE 1
  assign PILOTHOUSE_TESTBED "$ROOT"
  assign PILOTHOUSE_TESTBED_CACHE "$CACHE"
  assign PILOTHOUSE_TESTBED_SCRIPT "$BED_SCRIPTS/testbed.sh"
  assign PILOTHOUSE_LIVE_ENGINES "${engines# }"
  assign PILOTHOUSE_LIVE_FAULTS "${faults# }"
  is_ready B && assign PILOTHOUSE_LIVE_TCP "tcp://$(machine_address B):2375"
  is_ready C && assign PILOTHOUSE_LIVE_TLS "tcp://$(machine_address C):2376"
  assign PILOTHOUSE_LIVE_CERTS "$ROOT/certs"
  if is_ready S; then
    assign PILOTHOUSE_LIVE_SWARM "unix://$(machine_socket S)"
    assign PILOTHOUSE_LIVE_SWARM_ADDRESS "$(machine_address S)"
  fi
  if is_ready R; then
    assign PILOTHOUSE_LIVE_REGISTRY "$(machine_address R):5000"
    assign PILOTHOUSE_LIVE_REGISTRY_AUTH "$(machine_address R):5001"
    assign PILOTHOUSE_LIVE_REGISTRY_USER tb
    assign PILOTHOUSE_LIVE_REGISTRY_PASSWORD secret
  fi
  assign PILOTHOUSE_LIVE_IMAGE "$IMAGE"
  assign PILOTHOUSE_LIVE_DOCKER "$(docker_cli)"
}

docker_cli() { echo "$(toolset_dir docker28)/usr/bin/docker"; }

assign() { printf "export %s='%s'\n" "$1" "$2"; }

# signal MACHINE NAME: to its daemon alone.
signal() {
  local daemon
  daemon=$(recorded "$(machine_dir "$1")/daemon")
  [ -n "$daemon" ] || { complain "$1: its daemon does not run"; return 1; }
  # The registry is two processes, one the child of the other.
  [ "$1" != R ] || kill "-$2" "$(only_child "$daemon")"
  kill "-$2" "$daemon"
}

cmd_kill() {
  signal "$1" KILL || return 1
  thaw_entry "$1"
  until_or 20 gone "$(machine_dir "$1")/daemon"
}

cmd_stop() { signal "$1" STOP; }

cmd_cont() { signal "$1" CONT && thaw_entry "$1"; }

# The nsenter that waits for a frozen daemon has stopped itself along with it.
thaw_entry() {
  local entry
  entry=$(recorded "$(machine_dir "$1")/entry")
  [ -z "$entry" ] || kill -CONT "$entry" 2>/dev/null
  return 0
}

cmd_restart() {
  signal "$1" TERM || return 1
  until_or 30 gone "$(machine_dir "$1")/daemon" || cmd_kill "$1"
  daemon_start "$1"
}

main() {
  local command=${1:-help}
  shift || true
  case $command in
    up) cmd_up "$@"; return ;;
    fetch) toolsets_fetch "${TOOLSETS[@]}"; return ;;
    hindrance) hindrance; return ;;
    cli) docker_cli; return ;;
    help | -h | --help) sed -n '2,/^set/{/^#/{s/^# \{0,1\}//;p}}' "${BASH_SOURCE[0]}"; return ;;
  esac
  [ -n "$ROOT" ] || { complain "PILOTHOUSE_TESTBED does not say which bed"; return 2; }
  [ -e "$ROOT/pilothouse-testbed" ] ||
    { [ "$command" = down ] && return 0; complain "there is no bed at $ROOT"; return 1; }
  case $command in
    down | status | env) "cmd_$command" ;;
    in | kill | stop | cont | start | restart)
      machine_tools "${1:-}" >/dev/null || { complain "there is no machine '${1:-}'"; return 2; }
      machine_exists "$1" || { complain "$1 is not up"; return 1; }
      case $command in
        in) machine_run "$@" ;;
        start) daemon_start "$1" ;;
        *) "cmd_$command" "$1" ;;
      esac
      ;;
    *) complain "unknown command $command"; return 2 ;;
  esac
}

main "$@"

# shellcheck shell=bash
# Machines: each one a set of namespaces with its own address, plugged into a switch that lives in a
# namespace too (in the root namespace an engine's firewall rules would drop the switch's frames).
# Killing a machine's holder process takes every process and every mount of it along.

# The bed's short name and network, chosen when its first machine starts.
bed_id() { cat "$ROOT/id"; }
bed_net() { cat "$ROOT/net"; }

machine_dir() { echo "$ROOT/m/$1"; }
machine_address() { echo "$(bed_net).$(machine_number "$1")"; }
machine_netns() { echo "$(bed_id)-$1"; }
machine_exists() { [ -n "$(recorded "$(machine_dir "$1")/init")" ]; }

# A process is written down with its start time: a bed that outlived a reboot must never signal a
# stranger that was given the same number.
record() { echo "$2 $(started "$2")" >"$1"; }
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
recorded() {
  local pid start
  read -r pid start 2>/dev/null <"$1" || return 0
  [ -n "$start" ] && [ "$(started "$pid")" = "$start" ] && echo "$pid"
  return 0
}
gone() { [ -z "$(recorded "$1")" ]; }

subnet_is_free() {
  [ -z "$(ip -4 route show root "$1.0/24")" ] &&
    [ -z "$(ip -4 route show match "$1.0/24" | grep -v '^default')" ] &&
    [ -z "$(ip -4 -o addr show | grep -F " $1.")" ]
}

switch_up() {
  local id net second third
  id=ph$(printf '%s' "$ROOT" | sha256sum | cut -c1-5)
  echo "$id" >"$ROOT/id"
  [ ! -e "/run/netns/$id-sw" ] || return 0
  (
    flock 8 # two beds that start together must not choose the same network
    for second in 98 99 178; do
      for third in {0..255}; do
        net=10.$second.$third
        subnet_is_free "$net" && break 2
        net=
      done
    done
    [ -n "$net" ] || { complain "no free /24 network below 10.98, 10.99 or 10.178"; exit 1; }
    echo "$net" >"$ROOT/net"
    ip netns add "$id-sw" &&
      ip -n "$id-sw" link add br0 type bridge && ip -n "$id-sw" link set br0 up &&
      ip link add "$id" type veth peer name uplink netns "$id-sw" &&
      ip -n "$id-sw" link set uplink master br0 up &&
      ip addr add "$net.1/24" dev "$id" && ip link set "$id" up
  ) 8>/run/lock/pilothouse-testbed.lock
}

# Moves the calling subshell into the machine's control groups.
enter_groups() {
  local group
  if [ -d /sys/fs/cgroup/memory ]; then
    for group in /sys/fs/cgroup/*/"$(bed_id)/$1"; do echo 0 >"$group/cgroup.procs"; done
  else
    group=/sys/fs/cgroup/$(bed_id)/$1
    [ ! -d "$group/init" ] || group=$group/init
    echo 0 >"$group/cgroup.procs"
  fi 2>/dev/null
}

make_groups() {
  local id top group file
  id=$(bed_id)
  if [ -d /sys/fs/cgroup/memory ]; then
    for top in /sys/fs/cgroup/*/; do
      group=$top$id/$1
      mkdir -p "$group" 2>/dev/null || continue
      # A cpuset group starts empty and takes no process until it is told what it may use.
      for file in cpuset.cpus cpuset.mems; do
        [ -e "$top$file" ] || continue
        cat "$top$file" >"$top$id/$file"
        cat "$top$file" >"$group/$file"
      done
    done
  else
    top=/sys/fs/cgroup
    mkdir -p "$top/$id/$1"
    for file in $(cat "$top/cgroup.controllers"); do
      echo "+$file" >"$top/cgroup.subtree_control"
      echo "+$file" >"$top/$id/cgroup.subtree_control"
    done 2>/dev/null
  fi
}

remove_groups() {
  local tree
  for tree in /sys/fs/cgroup/"$(bed_id)" /sys/fs/cgroup/*/"$(bed_id)"; do
    [ -d "$tree/${1:-}" ] || continue
    find "$tree/${1:-}" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  return 0
}

machine_up() {
  local name=$1 id ns dir address mac tools
  id=$(bed_id) ns=$(machine_netns "$1") dir=$(machine_dir "$1") address=$(machine_address "$1")
  tools=$(toolset_dir "$(machine_tools "$name")")
  mkdir -p "$dir"
  rm -f "$dir/booted" "$dir/init"
  # A fixed hardware address: with a random one a machine made anew is unreachable for seconds.
  # shellcheck disable=SC2046,SC2086 # the address as four words
  mac=$(printf '02:50:%02x:%02x:%02x:%02x' ${address//./ })
  ip netns add "$ns" && ip -n "$ns" link set lo up &&
    ip link add eth0 netns "$ns" address "$mac" type veth peer name "to-$name" netns "$id-sw" &&
    ip -n "$id-sw" link set "to-$name" master br0 up &&
    ip -n "$ns" addr add "$address/24" dev eth0 && ip -n "$ns" link set eth0 up &&
    ip -n "$ns" route add default via "$(bed_net).1" || return 1
  make_groups "$name"
  (
    enter_groups "$name"
    export BOX_NAME=$name BOX_ADDRESS=$address BOX_DIR=$dir BOX_TOOLS=$tools
    exec setsid nsenter --net="/run/netns/$ns" unshare --cgroup --mount --uts --ipc --pid --fork \
      --kill-child --mount-proc "$(toolset_dir base)/usr/bin/tini-static" -s -- \
      bash "$BED_SCRIPTS/boot.sh"
  ) </dev/null >"$dir/boot.log" 2>&1 &
  record "$dir/holder" $!
  disown # or the shell would announce its end
  until_or 20 test -e "$dir/booted" ||
    { complain "$name did not boot:"; tail -n 10 "$dir/boot.log" >&2; return 1; }
  record "$dir/init" "$(only_child "$!")"
}

only_child() { tr -d ' \n' <"/proc/$1/task/$1/children"; }

# Becomes a command inside a machine, in its namespaces and control groups.
machine_enter() {
  local name=$1 init
  shift
  init=$(recorded "$(machine_dir "$name")/init")
  [ -n "$init" ] || { complain "$name is not up"; exit 1; }
  enter_groups "$name"
  exec nsenter -t "$init" -m -p -u -i -n -C -- "$@"
}

machine_run() { (machine_enter "$@"); }

machine_kill() {
  local name=$1 dir holder entry
  dir=$(machine_dir "$name")
  holder=$(recorded "$dir/holder")
  [ -z "$holder" ] || kill -KILL "$holder" 2>/dev/null
  until_or 20 gone "$dir/holder"
  # Frozen together with its daemon, it would never see the end of it.
  entry=$(recorded "$dir/entry")
  [ -z "$entry" ] || kill -KILL "$entry" 2>/dev/null
  # The processes inside die after their init, the holder is not the last.
  until_or 20 groups_are_empty "$name"
  ip netns del "$(machine_netns "$name")" 2>/dev/null
  ip -n "$(bed_id)-sw" link del "to-$name" 2>/dev/null
  remove_groups "$name"
  until_or 20 remove_tree "$dir" || complain "$name: $dir could not be removed"
}

groups_are_empty() {
  local group
  for group in /sys/fs/cgroup/"$(bed_id)/$1" /sys/fs/cgroup/*/"$(bed_id)/$1"; do
    [ -d "$group" ] || continue
    [ -z "$(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | head -n 1)" ] || return 1
  done
}

remove_tree() { rm -rf "$1" 2>/dev/null; }

switch_down() {
  local id
  id=$(bed_id)
  ip link del "$id" 2>/dev/null
  ip netns del "$id-sw" 2>/dev/null
  remove_groups
}

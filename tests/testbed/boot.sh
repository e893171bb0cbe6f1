#!/bin/bash
# First process of a machine, below its init: makes the view of the system that its engine sees.
# Called by machines.sh with BOX_NAME, BOX_ADDRESS, BOX_DIR and BOX_TOOLS.
set -u

hostname "$BOX_NAME"
mount --make-rprivate /

# The resolver's file may live below /run, which is about to be covered.
resolver=$(readlink -f /etc/resolv.conf || echo /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/sshd /run/bed "$(dirname "$resolver")"
[ -e "$resolver" ] || : >"$resolver"

remount_v1() {
  local lines controllers part
  lines=$(cut -d: -f2 /proc/self/cgroup)
  mount -t sysfs sysfs /sys
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  while read -r controllers; do
    case $controllers in
      '') mkdir /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified ;;
      name=*)
        mkdir "/sys/fs/cgroup/${controllers#name=}" &&
          mount -t cgroup -o "none,$controllers" cgroup "/sys/fs/cgroup/${controllers#name=}"
        ;;
      *)
        mkdir "/sys/fs/cgroup/$controllers" &&
          mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
        for part in ${controllers//,/ }; do
          [ "$part" = "$controllers" ] || ln -s "$controllers" "/sys/fs/cgroup/$part"
        done
        ;;
    esac
  done <<<"$lines"
}

remount_v2() {
  mount -t sysfs sysfs /sys
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # A group with processes of its own cannot hand controllers down, so they move to a leaf first.
  local pid controller controllers
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do
    echo "$pid" >/sys/fs/cgroup/init/cgroup.procs
  done </sys/fs/cgroup/cgroup.procs
  read -ra controllers </sys/fs/cgroup/cgroup.controllers
  for controller in "${controllers[@]}"; do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
  done
}

# A network namespace shows its own /sys only on a fresh sysfs, which hides the cgroup mounts.
if [ -d /sys/fs/cgroup/memory ]; then remount_v1; else remount_v2; fi 2>>"$BOX_DIR/boot.log"

# The engine's programs lie over the machine's own; what it writes to /etc or /var/lib stays here.
mount -t overlay overlay -o "lowerdir=$BOX_TOOLS/usr:/usr" /usr
mkdir -p "$BOX_DIR"/{etc,etc.work,lib,lib.work}
mount -t overlay overlay \
  -o "lowerdir=$BOX_TOOLS/etc:/etc,upperdir=$BOX_DIR/etc,workdir=$BOX_DIR/etc.work" /etc
mount -t overlay overlay \
  -o "lowerdir=/var/lib,upperdir=$BOX_DIR/lib,workdir=$BOX_DIR/lib.work" /var/lib

# A resolver that refuses at once: with one that cannot be reached each unknown image costs 20 s.
echo 'nameserver 127.0.0.1' >/run/bed/resolv.conf
mount --bind /run/bed/resolv.conf "$resolver"
printf '127.0.0.1 localhost\n%s %s\n' "$BOX_ADDRESS" "$BOX_NAME" >/run/bed/hosts
mount --bind /run/bed/hosts /etc/hosts

: >"$BOX_DIR/booted"
exec sleep infinity

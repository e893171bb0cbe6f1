# shellcheck shell=bash
# What runs in the machines: Docker and Podman of several ages, and a registry.

machine_tools() {
  case $1 in
    A | F) echo docker20 ;;
    B) echo docker26 ;;
    C | S) echo docker28 ;;
    P4) echo podman4 ;;
    P5 | FP) echo podman5 ;;
    R) echo registry ;;
    *) return 1 ;;
  esac
}

machine_number() {
  case $1 in
    R) echo 5 ;;
    A) echo 11 ;;
    B) echo 12 ;;
    C) echo 13 ;;
    S) echo 14 ;;
    P4) echo 21 ;;
    P5) echo 22 ;;
    F) echo 31 ;;
    FP) echo 32 ;;
  esac
}

machine_socket() { echo "$(machine_dir "$1")/docker.sock"; }

# Starts the machine's daemon and waits until it answers.
daemon_start() {
  local name=$1 dir
  dir=$(machine_dir "$name")
  gone "$dir/daemon" || { complain "$name: its daemon runs already"; return 1; }
  rm -f "$dir/docker.sock"
  forget_numbers "$name"
  case $(machine_tools "$name") in
    docker*) docker_start "$name" ;;
    podman*) podman_start "$name" ;;
    registry) registry_start ;;
  esac
  until_or 90 daemon_settled "$name"
  daemon_answers "$name" ||
    { complain "$name did not answer; its log ($dir/log) ends:"; tail -n 15 "$dir/log" >&2; return 1; }
  # nsenter waits for the daemon and stands outside: the daemon is its one child.
  record "$dir/daemon" "$(only_child "$(recorded "$dir/entry")")"
}

# The pid files of killed daemons name numbers that are soon taken again in so small a namespace,
# and an engine that finds one taken waits for a stranger.
forget_numbers() {
  rm -f "$(machine_dir "$1")/daemon.pid"
  # shellcheck disable=SC2016 # for the shell inside
  machine_run "$1" sh -c 'file=/run/docker/containerd/containerd.pid
    [ -e $file ] || exit 0
    [ "$(cat "/proc/$(cat $file)/comm" 2>/dev/null)" = containerd ] || rm $file'
}

# Answers, or is dead already.
daemon_settled() { daemon_answers "$1" || gone "$(machine_dir "$1")/entry"; }

daemon_answers() {
  case $1 in
    R)
      curl -sf -m 2 -o /dev/null "http://$(machine_address R):5000/v2/" &&
        [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' \
          "http://$(machine_address R):5001/v2/")" = 401 ]
      ;;
    *) curl -sf -m 2 -o /dev/null --unix-socket "$(machine_socket "$1")" http://bed/_ping ;;
  esac
}

# launch MACHINE COMMAND...: in the background, writing to the machine's log.
launch() {
  local name=$1 dir
  dir=$(machine_dir "$1")
  shift
  (machine_enter "$name" setsid "$@") </dev/null >>"$dir/log" 2>&1 &
  record "$dir/entry" $!
  disown
}

docker_start() {
  local name=$1 dir net path=/usr/sbin:/usr/bin:/sbin:/bin options=()
  dir=$(machine_dir "$name") net=$(bed_net)
  case $name in
    A | C)
      options=(-H tcp://0.0.0.0:2376 --tlsverify --tlscacert="$ROOT/certs/ca.pem"
        --tlscert="$ROOT/certs/server/cert.pem" --tlskey="$ROOT/certs/server/key.pem")
      ;;
    # Said explicitly: newer engines wait 15 s before they serve plain TCP.
    B) options=(-H tcp://0.0.0.0:2375 --tls=false) ;;
    # Its containers outlive a killed engine, so that tests can tell a crash from a stop.
    F) options=(--live-restore) ;;
  esac
  if [ "$(machine_tools "$name")" = docker20 ] && ! may_raise_limits; then
    weaker_runc "$dir/bin"
    path=$dir/bin:$path
  fi
  launch "$name" env -i PATH="$path" HOME=/root OTEL_TRACES_EXPORTER=none \
    dockerd --data-root "$dir/data" --pidfile "$dir/daemon.pid" \
    -H "unix://$dir/docker.sock" -H unix:///run/docker.sock \
    --insecure-registry "$net.5:5000" --insecure-registry "$net.5:5001" "${options[@]}"
}

# CAP_SYS_RESOURCE, bit 24: some virtual machines withhold it even from root.
may_raise_limits() {
  local bounds
  bounds=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
  [ $(((0x$bounds >> 24) & 1)) -eq 1 ]
}

# Engine 20.10 asks for that capability in privileged containers whether it can have it or not.
weaker_runc() {
  mkdir -p "$1"
  cat >"$1/runc" <<'RUNC'
#!/bin/sh
before=
for word in "$@"; do
  case $before in
    --bundle) sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$word/config.json" ;;
    --process) sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$word" ;;
  esac
  before=$word
done
exec /usr/sbin/runc "$@"
RUNC
  chmod 755 "$1/runc"
}

podman_start() {
  local name=$1 dir net port driver=overlay
  dir=$(machine_dir "$name") net=$(bed_net)
  [ "$(stat -f -c %T "$dir")" != overlayfs ] || driver=vfs
  mkdir -p "$dir/home/.config/containers" "$dir/data" "$dir/tmp"
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' \
    >"$dir/home/.config/containers/policy.json"
  cat >"$dir/containers.conf" <<CONF
[containers]
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
init_path = "/usr/bin/catatonit"
[network]
network_backend = "netavark"
network_config_dir = "$dir/networks"
CONF
  cat >"$dir/storage.conf" <<CONF
[storage]
driver = "$driver"
graphroot = "$dir/data"
runroot = "/run/containers/storage"
CONF
  {
    echo 'unqualified-search-registries = []'
    for port in 5000 5001; do
      printf '[[registry]]\nlocation = "%s.5:%s"\ninsecure = true\n' "$net" "$port"
    done
  } >"$dir/registries.conf"
  # It forgets what it put into its temporary directory: let that go down with the bed.
  launch "$name" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$dir/home" TMPDIR="$dir/tmp" \
    CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_STORAGE_CONF="$dir/storage.conf" \
    CONTAINERS_REGISTRIES_CONF="$dir/registries.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1 \
    podman --log-level=info system service --time 0 "unix://$dir/docker.sock"
}

# One storage, two doors: 5000 lets everybody in, 5001 asks for the user tb.
registry_start() {
  local dir port
  dir=$(machine_dir R)
  mkdir -p "$dir/data"
  # shellcheck disable=SC2016 # the dollars belong to the hash's settings
  perl -e 'print "tb:" . crypt("secret", q($2y$05$abcdefghijklmnopqrstuu)) . "\n"' >"$dir/users"
  for port in 5000 5001; do
    cat >"$dir/$port.yml" <<CONF
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $dir/data}, delete: {enabled: true}}
http: {addr: "0.0.0.0:$port"}
CONF
  done
  echo "auth: {htpasswd: {realm: tb, path: $dir/users}}" >>"$dir/5001.yml"
  launch R env OTEL_TRACES_EXPORTER=none sh -c \
    "docker-registry serve $dir/5000.yml & exec docker-registry serve $dir/5001.yml"
}

# An authority, a certificate for the engines' addresses and one for a client.
certificates() {
  local dir=$ROOT/certs names="DNS:localhost,IP:127.0.0.1" number role
  for number in 11 12 13; do names="$names,IP:$(bed_net).$number"; done
  # A bed brought up again after a reboot may have got another network.
  [ ! -e "$dir/ca.pem" ] || ! grep -qsF "=$names" "$dir/server/extensions" || return 0
  mkdir -p "$dir/server"
  (
    cd "$dir" || exit 1
    new_key() { openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "$@"; }
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names" >server/extensions
    printf 'extendedKeyUsage=clientAuth\n' >extensions
    new_key -x509 -keyout ca-key.pem -out ca.part -days 3650 -subj /CN=pilothouse-testbed || exit 1
    for role in server .; do
      new_key -keyout $role/key.pem -out $role/request.pem -subj "/CN=bed-${role/./client}" &&
        openssl x509 -req -in $role/request.pem -CA ca.part -CAkey ca-key.pem -CAcreateserial \
          -days 3650 -out $role/cert.pem -extfile $role/extensions || exit 1
    done
    mv ca.part ca.pem
  ) >"$ROOT/certs.log" 2>&1 || { complain "openssl:"; tail -n 5 "$ROOT/certs.log" >&2; return 1; }
}

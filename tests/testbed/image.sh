# shellcheck shell=bash
# The one image the tests need, made here: no registry outside the bed is ever asked.

readonly IMAGE=pilothouse/box:1

# A root file system of busybox alone, the same bytes each time.
image_layer() {
  local layer=$ROOT/box.tar tree tool
  [ ! -e "$layer" ] || return 0
  tree=$(mktemp -d "$ROOT/box.XXXXXX")
  mkdir -p "$tree"/{bin,dev,etc,proc,root,sys,tmp,usr/bin,var}
  chmod 755 "$tree"
  chmod 1777 "$tree/tmp"
  cp "$(toolset_dir base)/usr/bin/busybox" "$tree/bin/busybox"
  for tool in $("$tree/bin/busybox" --list); do
    [ "$tool" = busybox ] || ln -s busybox "$tree/bin/$tool"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
  echo 'root:x:0:' >"$tree/etc/group"
  # Without it a name is not looked up in /etc/hosts at all.
  printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$tree/etc/nsswitch.conf"
  tar -C "$tree" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$layer.part" . &&
    mv "$layer.part" "$layer"
  rm -rf "$tree"
}

# image_import MACHINE: into its engine, by the engine's own import.
image_import() {
  local name=$1 prefix='' socket
  socket=$(machine_socket "$name")
  case $(machine_tools "$name") in podman*) prefix=docker.io/ ;; esac
  # The tag stands in the name: Podman 4 does not read the parameter of its own for it.
  curl -s -o "$(machine_dir "$name")/import.log" -m 120 --unix-socket "$socket" \
    -H 'Content-Type: application/x-tar' --data-binary "@$ROOT/box.tar" -X POST \
    "http://bed/images/create?fromSrc=-&repo=$prefix$IMAGE&changes=CMD+%5B%22sh%22%5D"
  curl -sf -o /dev/null -m 30 --unix-socket "$socket" "http://bed/images/$IMAGE/json" ||
    { complain "$name did not take the image: $(cat "$(machine_dir "$name")/import.log")"; return 1; }
}

# Into the registry by its own API, so that it needs no engine.
image_publish() {
  local dir base layer=$ROOT/box.tar.gz plain packed config
  dir=$(machine_dir R)
  base=http://$(machine_address R):5000/v2/${IMAGE%:*}
  [ -e "$layer" ] || gzip -n -c "$ROOT/box.tar" >"$layer"
  plain=$(digest "$ROOT/box.tar") packed=$(digest "$layer")
  printf '{"architecture":"%s","os":"linux","created":"2024-01-01T00:00:00Z","config":{"Cmd":["sh"]},"history":[{"created":"2024-01-01T00:00:00Z","created_by":"testbed"}],"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
    "$(dpkg --print-architecture)" "$plain" >"$dir/config.json"
  config=$(digest "$dir/config.json")
  local kind=application/vnd.docker
  printf '{"schemaVersion":2,"mediaType":"%s.distribution.manifest.v2+json","config":{"mediaType":"%s.container.image.v1+json","size":%s,"digest":"%s"},"layers":[{"mediaType":"%s.image.rootfs.diff.tar.gzip","size":%s,"digest":"%s"}]}' \
    $kind $kind "$(stat -c %s "$dir/config.json")" "$config" \
    $kind "$(stat -c %s "$layer")" "$packed" >"$dir/manifest.json"
  blob_put "$base" "$layer" "$packed" && blob_put "$base" "$dir/config.json" "$config" &&
    curl -sf -o /dev/null -m 30 -X PUT -H "Content-Type: $kind.distribution.manifest.v2+json" \
      --data-binary "@$dir/manifest.json" "$base/manifests/${IMAGE#*:}" ||
    { complain "R did not take the image"; return 1; }
}

digest() { echo "sha256:$(sha256sum <"$1" | cut -d' ' -f1)"; }

blob_put() {
  local place
  place=$(curl -sf -m 30 -o /dev/null -D - -X POST "$1/blobs/uploads/" |
    tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
  [ -n "$place" ] && curl -sf -o /dev/null -m 60 -X PUT -H 'Content-Type: application/octet-stream' \
    --data-binary "@$2" "$place&digest=$3"
}

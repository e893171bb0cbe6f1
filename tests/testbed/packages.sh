# shellcheck shell=bash
# The engines' packages: fetched from the mirror this machine already uses, verified, and unpacked
# into one directory per tool set. Nothing is installed: an unpacked set is only ever seen by the
# machines that mount it over their own /usr.

readonly TOOLSETS=(base docker20 docker26 docker28 podman4 podman5 registry)

# The packages of one tool set, as name/suite.
toolset_packages() {
  case $1 in
    base) echo busybox-static/bookworm tini/bookworm ;;
    docker20)
      in_suite bookworm docker.io containerd runc tini iptables libip4tc2 libip6tc2 libxtables12 \
        libmnl0 libnetfilter-conntrack3 libnfnetlink0 libnftnl11
      ;;
    docker26)
      in_suite trixie docker.io docker-cli containerd runc tini libc6 libseccomp2 iptables \
        libip4tc2 libip6tc2 libxtables12 libmnl0 libnetfilter-conntrack3 libnfnetlink0 libnftnl11
      ;;
    docker28)
      # The firewall tools stay with trixie: nothing in them depends on the engine's version.
      in_suite sid docker.io docker-cli containerd runc libseccomp2 libc6
      in_suite trixie tini iptables libip4tc2 libip6tc2 libxtables12 libmnl0 \
        libnetfilter-conntrack3 libnfnetlink0 libnftnl11
      ;;
    podman4)
      in_suite bookworm podman netavark aardvark-dns conmon golang-github-containers-common \
        golang-github-containers-image libgpgme11 libsubid4 catatonit runc iptables libip4tc2 \
        libip6tc2 libxtables12 libmnl0 libnetfilter-conntrack3 libnfnetlink0 libnftnl11
      ;;
    podman5)
      in_suite trixie podman netavark aardvark-dns conmon golang-github-containers-common \
        golang-github-containers-image libgpgme11t64 libsubid5 libassuan9 libsqlite3-0 libc6 \
        libgpg-error0 nftables libnftables1 libnftnl11 libmnl0 libjansson4 libgmp10 libedit2 \
        libseccomp2 runc catatonit libglib2.0-0t64 libsystemd0 libpcre2-8-0 libffi8 zlib1g \
        libcap2 libgcc-s1
      ;;
    registry) in_suite bookworm docker-registry ;;
  esac
}

in_suite() {
  local suite=$1
  shift
  printf '%s\n' "${@/%//$suite}"
}

# Where a tool set is unpacked. The recipe is part of the name, so that a changed list of packages
# never meets an old directory.
toolset_dir() {
  local recipe
  recipe=$({ echo 2; toolset_packages "$1"; } | sha256sum | cut -c1-10)
  echo "$CACHE/tools/$1-$recipe"
}

toolsets_fetch() {
  local missing=() set sets
  mapfile -t sets < <(printf '%s\n' "$@" | sort -u)
  mkdir -p "$CACHE/tools"
  (
    flock 8
    for set in "${sets[@]}"; do
      [ -d "$(toolset_dir "$set")" ] || missing+=("$set")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
    say "fetching packages for: ${missing[*]}"
    apt_private_update || exit 1
    for set in "${missing[@]}"; do
      toolset_unpack "$set" || { complain "could not fetch the packages of $set"; exit 1; }
    done
    rm -rf "$CACHE/deb" "$CACHE/apt"
  ) 8>"$CACHE/lock"
}

# An apt state of our own: the same mirror, three releases of the distribution, none of the
# machine's lists touched.
apt_private_update() {
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
    awk '$2 == "Debian" { print $1; exit }')
  [ -n "$mirror" ] || { complain "no Debian mirror among this machine's apt sources"; return 1; }
  mkdir -p "$CACHE"/apt/{lists,cache/archives}/partial "$CACHE/deb"
  for suite in bookworm trixie sid; do
    echo "deb [signed-by=$keyring] $mirror $suite main"
  done >"$CACHE/apt/sources.list"
  apt_private apt-get update >"$CACHE/apt/log" 2>&1 ||
    { complain "apt-get update:"; tail -n 5 "$CACHE/apt/log" >&2; return 1; }
}

apt_private() {
  local tool=$1
  shift
  "$tool" -q -o Dir::Etc::sourcelist="$CACHE/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$CACHE/apt/lists" -o Dir::Cache="$CACHE/apt/cache" \
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}

toolset_unpack() {
  local set=$1 dir list="$CACHE/apt/$1.list" work file part
  dir=$(toolset_dir "$set")
  work="$dir.part"
  # shellcheck disable=SC2046 # one word per package is what is wanted
  apt_private apt-get --print-uris download $(toolset_packages "$set") 2>>"$CACHE/apt/log" |
    awk '{ sub("SHA256:", "", $4); print $4 "  " $2 }' >"$list"
  [ "$(wc -l <"$list")" -eq "$(toolset_packages "$set" | wc -w)" ] ||
    { complain "$set: not every package is on the mirror"; tail -n 3 "$CACHE/apt/log" >&2; return 1; }
  # shellcheck disable=SC2046
  (cd "$CACHE/deb" && apt_private apt-get download $(toolset_packages "$set")) \
    >>"$CACHE/apt/log" 2>&1 || { tail -n 5 "$CACHE/apt/log" >&2; return 1; }
  (cd "$CACHE/deb" && sha256sum --check --quiet "$list") || return 1
  rm -rf "$work"
  mkdir -p "$work/usr" "$work/etc"
  while read -r _ file; do
    dpkg-deb --extract "$CACHE/deb/$file" "$work" || return 1
  done <"$list"
  # The set is laid over a merged /usr, where /bin and /lib are links.
  for part in bin sbin lib lib64; do
    [ -d "$work/$part" ] && [ ! -L "$work/$part" ] || continue
    mkdir -p "$work/usr/$part"
    cp -a "$work/$part/." "$work/usr/$part/" && rm -rf "${work:?}/$part"
  done
  link_firewall "$work"
  cp "$list" "$work/SHA256SUMS"
  chmod 755 "$work"
  mv "$work" "$dir"
}

# An installed iptables gets its names from the alternatives system, an unpacked one has to be told.
link_firewall() {
  local tool
  [ -e "$1/usr/sbin/xtables-nft-multi" ] || return 0
  for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf xtables-nft-multi "$1/usr/sbin/$tool"
  done
}

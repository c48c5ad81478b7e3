#!/usr/bin/env bash
# Builds the default desktop image, unless it is there already and nothing it is made of has changed.
#
#   images/build.sh [--force]
#
#   BERTH_DESKTOP_IMAGE   its tag (berth/desktop:latest)
#   BERTH_DESKTOP_BASE    the image that it is built on (see images/desktop/Dockerfile)
#   BERTH_DESKTOP_SUITE   the Debian release to take when no base image can be pulled (trixie)
#
# With a base image: `docker build`. Without one, as where no registry can be reached: the same packages and files in
# one run of mmdebstrap, imported with the settings that the Dockerfile ends with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/desktop"

readonly pull_seconds=20
tag=${BERTH_DESKTOP_IMAGE:-berth/desktop:latest}
base=${BERTH_DESKTOP_BASE:-$(sed -n 's/^ARG BASE=//p' Dockerfile)}
suite=${BERTH_DESKTOP_SUITE:-trixie}

say() { printf 'image: %s\n' "$*"; }
fail() {
    printf 'image: error: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root: $*"
    fi
}

# One number for everything that the image is made of: contents, names, and who may run what.
inputs=$({
    printf '%s\n' "$base" "$suite"
    find . -type f -perm -u+x -printf '%P\n' | LC_ALL=C sort
    find . -type f ! -path './art/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    sha256sum ../build.sh
} | sha256sum | cut -c1-32)

build_on_base() {
    # The older builder will do where the newer one's plugin is missing.
    local buildkit=1
    docker buildx version >/dev/null 2>&1 || buildkit=0
    say "building $tag on $base (a minute or two)"
    DOCKER_BUILDKIT=$buildkit docker build --build-arg BASE="$base" --label berth.inputs="$inputs" --tag "$tag" .
}

build_from_packages() {
    if ! command -v mmdebstrap >/dev/null; then
        command -v apt-get >/dev/null || fail "no base image can be pulled, and there is no apt-get to build one with"
        say "installing mmdebstrap from the distribution"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring >/dev/null
    fi
    say "building $tag from Debian $suite's packages (a minute or two)"

    work=$(mktemp -d)
    trap 'as_root rm -rf "$work"' EXIT
    tar --create --file "$work/rootfs.tar" --owner=0 --group=0 --mode=u=rwX,go=rX --directory rootfs .
    # shellcheck disable=SC2016 # $1 is the hook's own: the new root folder
    as_root mmdebstrap --quiet --variant=minbase --include="$(grep -v '^#' packages | xargs | tr ' ' ,)" \
        --dpkgopt="$PWD/dpkg.cfg" \
        --customize-hook="tar --extract --file '$work/rootfs.tar' --directory \"\$1\" --no-overwrite-dir" \
        --customize-hook='upload setup.sh /tmp/setup.sh' \
        --customize-hook='chroot "$1" sh /tmp/setup.sh && rm "$1/tmp/setup.sh" "$1/etc/hostname" "$1/etc/resolv.conf"' \
        "$suite" "$work/image.tar" >"$work/log" 2>&1 || {
        tail -n 25 "$work/log" >&2
        fail "mmdebstrap could not build the image"
    }

    local changes=(--change "LABEL berth.inputs=$inputs") setting
    while IFS= read -r setting; do changes+=(--change "$setting"); done \
        < <(grep -E '^(LABEL|ENV|EXPOSE|WORKDIR|USER|ENTRYPOINT) ' Dockerfile)
    changes+=(--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    say "importing it"
    docker import "${changes[@]}" "$work/image.tar" "$tag" >/dev/null
}

docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ||
    fail "no Docker Engine answers; scripts/engine.sh installs and starts one"

if [[ ${1:-} != --force ]] &&
    [[ $(docker image inspect --format '{{index .Config.Labels "berth.inputs"}}' "$tag" 2>/dev/null) == "$inputs" ]]; then
    say "$tag is up to date"
    exit 0
fi

started=$SECONDS
old=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null || true)
if docker image inspect "$base" >/dev/null 2>&1; then
    build_on_base
elif say "pulling $base" && timeout "$pull_seconds" docker pull --quiet "$base" >/dev/null 2>&1; then
    build_on_base
else
    say "$base cannot be pulled"
    build_from_packages
fi
# The one before, unless a container still uses it.
if [[ -n $old ]]; then docker image rm "$old" >/dev/null 2>&1 || true; fi
size=$(docker image inspect --format '{{.Size}}' "$tag")
say "$tag is ready: $((size / 1000000)) MB, built in $((SECONDS - started)) s"

#!/usr/bin/env bash
# Builds the desktop images, each unless it is there already and nothing it is made of has changed.
#
#   images/build.sh [--force] [desktop] [desktop-xfce]      (none named: all of them)
#
#   BERTH_DESKTOP_IMAGE   the default desktop's tag (berth/desktop:latest)
#   BERTH_BROWSER_IMAGE   the tag of the desktop with a browser (berth/desktop-browser:latest)
#   BERTH_DESKTOP_BASE    the image that they are built on (see images/desktop/Dockerfile)
#   BERTH_DESKTOP_SUITE   the Debian release to take when no base image can be pulled (trixie)
#
# With a base image: `docker build`. Without one, as where no registry can be reached: the same packages and files in
# one run of mmdebstrap, imported with the settings that the Dockerfile ends with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly pull_seconds=20
suite=${BERTH_DESKTOP_SUITE:-trixie}
work=$(mktemp -d)

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

trap 'as_root rm -rf "$work"' EXIT

tag_of() {
    case $1 in
    desktop) printf '%s' "${BERTH_DESKTOP_IMAGE:-berth/desktop:latest}" ;;
    desktop-xfce) printf '%s' "${BERTH_BROWSER_IMAGE:-berth/desktop-browser:latest}" ;;
    esac
}

# All that an image is made of in one folder: its own files and those that it shares with the default desktop.
gather() {
    cp -R "$1" "$2"
    rm -rf "$2/art"
    if [[ -e $1/shared ]]; then
        grep -v '^#' "$1/shared" | (cd desktop && xargs cp --parents -t "$2")
        rm "$2/shared"
    fi
}

# One number for everything that an image is made of: contents, names, and who may run what.
inputs_of() {
    (
        cd "$1"
        printf '%s\n' "$base" "$suite"
        find . -type f -perm -u+x -printf '%P\n' | LC_ALL=C sort
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    ) | cat - build.sh | sha256sum | cut -c1-32
}

can_have_base() {
    docker image inspect "$base" >/dev/null 2>&1 && return
    say "pulling $base"
    timeout "$pull_seconds" docker pull --quiet "$base" >/dev/null 2>&1
}

build_on_base() {
    # The older builder will do where the newer one's plugin is missing.
    local buildkit=1
    docker buildx version >/dev/null 2>&1 || buildkit=0
    say "building $tag on $base (a minute or two)"
    DOCKER_BUILDKIT=$buildkit docker build --build-arg BASE="$base" --label berth.inputs="$inputs" --tag "$tag" "$files"
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

    local rootfs=$work/$image.rootfs.tar made=$work/$image.tar
    tar --create --file "$rootfs" --owner=0 --group=0 --mode=u=rwX,go=rX --directory "$files/rootfs" .
    # shellcheck disable=SC2016 # $1 is the hook's own: the new root folder
    as_root mmdebstrap --quiet --variant=minbase --include="$(grep -v '^#' "$files/packages" | xargs | tr ' ' ,)" \
        --dpkgopt="$files/dpkg.cfg" \
        --customize-hook="tar --extract --file '$rootfs' --directory \"\$1\" --no-overwrite-dir" \
        --customize-hook="upload '$files/setup.sh' /tmp/setup.sh" \
        --customize-hook='chroot "$1" sh /tmp/setup.sh && rm "$1/tmp/setup.sh" "$1/etc/hostname" "$1/etc/resolv.conf"' \
        "$suite" "$made" >"$work/log" 2>&1 || {
        tail -n 25 "$work/log" >&2
        fail "mmdebstrap could not build the image"
    }

    local changes=(--change "LABEL berth.inputs=$inputs") setting
    while IFS= read -r setting; do changes+=(--change "$setting"); done \
        < <(grep -E '^(LABEL|ENV|EXPOSE|WORKDIR|USER|ENTRYPOINT) ' "$files/Dockerfile")
    changes+=(--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    say "importing it"
    docker import "${changes[@]}" "$made" "$tag" >/dev/null
    as_root rm -f "$made"
}

build() {
    local image=$1 tag base files inputs started=$SECONDS old size
    tag=$(tag_of "$image")
    [[ -n $tag ]] || fail "there is no image $image: write desktop or desktop-xfce"
    base=${BERTH_DESKTOP_BASE:-$(sed -n 's/^ARG BASE=//p' "$image/Dockerfile")}
    files=$work/$image
    gather "$image" "$files"
    inputs=$(inputs_of "$files")
    if ((!force)) &&
        [[ $(docker image inspect --format '{{index .Config.Labels "berth.inputs"}}' "$tag" 2>/dev/null) == "$inputs" ]]; then
        say "$tag is up to date"
        return
    fi
    old=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null || true)
    if can_have_base; then
        build_on_base
    else
        say "$base cannot be pulled"
        build_from_packages
    fi
    # The one before, unless a container still uses it.
    if [[ -n $old ]]; then docker image rm "$old" >/dev/null 2>&1 || true; fi
    size=$(docker image inspect --format '{{.Size}}' "$tag")
    say "$tag is ready: $((size / 1000000)) MB, built in $((SECONDS - started)) s"
}

docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ||
    fail "no Docker Engine answers; scripts/engine.sh installs and starts one"

force=0 images=()
for word in "$@"; do
    if [[ $word == --force ]]; then force=1; else images+=("$word"); fi
done
((${#images[@]})) || images=(desktop desktop-xfce)
for image in "${images[@]}"; do build "$image"; done

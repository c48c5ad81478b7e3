#!/usr/bin/env bash
# Stand-ins for the official images of PostgreSQL, Redis, nginx, PgBouncer and Prometheus, for where no image registry can be
# reached: made from the distribution's packages, with the same entry points, variables, users and volumes, as far as
# docker-compose.yml uses them. One root file system, a tag for each; their disk space is taken once.
#
#   deploy/stand-ins/build.sh [--force]
#
#   BERTH_STAND_IN_SUITE   the Debian release (trixie)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

suite=${BERTH_STAND_IN_SUITE:-trixie}
force=${1:-}
readonly base=berth/stand-in:$suite
say() { printf 'stand-ins: %s\n' "$*"; }

inputs=$({ find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; echo "$suite"; } | sha256sum | cut -c1-32)
if [[ $force != --force ]] &&
    [[ $(docker image inspect --format '{{index .Config.Labels "berth.inputs"}}' "berth/stand-in-prometheus:$suite" 2>/dev/null) == "$inputs" ]]; then
    say "up to date"
    exit 0
fi

../../scripts/needs.sh mmdebstrap=mmdebstrap debian-archive-keyring=/usr/share/keyrings/debian-archive-keyring.gpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
as_root=()
[[ $EUID -eq 0 ]] || as_root=(sudo)

packages=$(grep -v '^#' packages | xargs | tr ' ' ,)
have=$(docker image inspect --format '{{index .Config.Labels "berth.packages"}}' "$base" 2>/dev/null || true)
sum=$(cat packages setup.sh | sha256sum | cut -c1-32)
if [[ $have != "$sum" || $force == --force ]]; then
    say "building them from Debian $suite's packages (a minute or two)"
    # shellcheck disable=SC2016 # $1 is the hook's own: the new root folder
    "${as_root[@]}" mmdebstrap --quiet --variant=minbase --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --essential-hook='mkdir -p "$1/etc/postgresql-common" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
        --customize-hook='upload setup.sh /tmp/setup.sh' \
        --customize-hook='chroot "$1" sh /tmp/setup.sh && rm "$1/tmp/setup.sh" "$1/etc/hostname" "$1/etc/resolv.conf"' \
        "$suite" "$work/rootfs.tar" >"$work/log" 2>&1 || {
        tail -n 25 "$work/log" >&2
        exit 1
    }
    docker import --change "LABEL berth.packages=$sum" "$work/rootfs.tar" "$base" >/dev/null
    "${as_root[@]}" rm -f "$work/rootfs.tar"
fi

for name in postgres redis nginx pgbouncer prometheus; do
    old=$(docker image inspect --format '{{.Id}}' "berth/stand-in-$name:$suite" 2>/dev/null || true)
    DOCKER_BUILDKIT=0 docker build --quiet --build-arg BASE="$base" --label berth.inputs="$inputs" \
        --file "$name.Dockerfile" --tag "berth/stand-in-$name:$suite" . >/dev/null 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
    [[ -z $old ]] || docker image rm "$old" >/dev/null 2>&1 || true
done
say "ready: berth/stand-in-{postgres,redis,nginx,pgbouncer,prometheus}:$suite"

#!/usr/bin/env bash
# Makes sure that a Docker Engine answers: installs the distribution's own when there is none, starts it when it is
# down, and waits for it. Safe to run again and quick when all is well. A `docker` client on the path proves
# nothing, so only the engine's own answer counts.
#
#   DOCKER_HOST, BERTH_DOCKER_HOST   where to ask instead of the local socket; nothing is installed for another host
#   BERTH_ENGINE_WAIT                seconds to wait for an engine that was just started (60)
set -euo pipefail

readonly local_socket=unix:///var/run/docker.sock
readonly log=/var/log/berth-dockerd.log
host=${BERTH_DOCKER_HOST:-${DOCKER_HOST:-$local_socket}}
[[ $host == /* ]] && host=unix://$host
wait_seconds=${BERTH_ENGINE_WAIT:-60}

say() { printf 'engine: %s\n' "$*"; }
fail() {
    printf 'engine: error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '        %s\n' "$line" >&2; done
    exit 1
}

# Prints the engine's version, or fails.
engine_version() {
    command -v docker >/dev/null || return 1
    DOCKER_HOST=$host timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null
}

done_if_up() {
    local version
    if version=$(engine_version); then
        say "Docker Engine $version answers on $host"
        exit 0
    fi
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root: $*" "Run this again as root, or install sudo."
    fi
}

# Fails with the reason when an engine is there but this user may not talk to it.
check_permission() {
    local path=${host#unix://}
    [[ -S $path && ! -w $path ]] || return 0
    # The socket of a dead engine stays behind, so only a refusal to a user, not to root, tells of a living one.
    if as_root env DOCKER_HOST="$host" timeout 10 docker version >/dev/null 2>&1; then
        fail "a Docker Engine answers on $path, but user $(id -un) may not use it." \
            "Run this as root, or: sudo usermod -aG docker $(id -un), and log in again."
    fi
}

install_packages() {
    command -v apt-get >/dev/null || fail "no Docker Engine is installed, and this is no Debian or Ubuntu." \
        "Install Docker Engine, start it, and run this again."
    say "installing from the distribution: $*"
    local out
    out=$(mktemp)
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
            apt-get install -y -qq --no-install-recommends "$@"; } >"$out" 2>&1; then
        tail -n 15 "$out" >&2
        rm -f "$out"
        fail "apt-get could not install: $*"
    fi
    rm -f "$out"
}

ensure_installed() {
    local path=$PATH:/usr/local/sbin:/usr/sbin:/sbin missing=()
    PATH=$path command -v dockerd >/dev/null || missing+=(docker.io iptables ca-certificates)
    # Newer releases ship the client as a package of its own.
    if ! command -v docker >/dev/null && apt-cache show docker-cli >/dev/null 2>&1; then missing+=(docker-cli); fi
    if [[ ${#missing[@]} -gt 0 ]]; then install_packages "${missing[@]}"; fi
    if ! command -v docker >/dev/null; then install_packages docker-cli; fi
}

# A pid file that outlived its process keeps the engine from starting once the number belongs to somebody else.
drop_stale_pid() {
    local file=$1 name=$2 pid
    pid=$(as_root cat "$file" 2>/dev/null) || return 0
    if [[ $(cat "/proc/$pid/comm" 2>/dev/null) != "$name" ]]; then as_root rm -f "$file"; fi
}

start_engine() {
    if [[ -d /run/systemd/system ]]; then
        say "starting the docker service"
        as_root systemctl start docker || fail "systemd could not start it." "See: journalctl -u docker -n 50"
    elif [[ $(cat /proc/1/comm) =~ ^(init|openrc-init|runit)$ && -e /etc/init.d/docker ]]; then
        say "starting the docker service"
        as_root service docker start || fail "the service could not be started." "See: /var/log/docker.log"
    elif pgrep -x dockerd >/dev/null; then
        say "a dockerd process is there already; waiting for it"
    else
        say "no init system here: starting dockerd in the background, its log is $log"
        drop_stale_pid /var/run/docker.pid dockerd
        drop_stale_pid /var/run/docker/containerd/containerd.pid containerd
        # The lock (descriptor 9) must not live on in the daemon.
        # shellcheck disable=SC2016 # $1 is the inner shell's own
        as_root env PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" setsid nohup \
            sh -c 'exec dockerd >>"$1" 2>&1' sh "$log" </dev/null >/dev/null 2>&1 9>&- &
    fi
}

wait_for_engine() {
    local deadline=$((SECONDS + wait_seconds)) told=
    while ((SECONDS < deadline)); do
        done_if_up
        check_permission
        if [[ -z $told ]]; then
            say "waiting up to $wait_seconds s for it"
            told=1
        fi
        sleep 0.2
    done
    if [[ -r $log ]]; then tail -n 15 "$log" >&2; fi
    fail "Docker Engine did not answer on $host within $wait_seconds s."
}

done_if_up
if [[ $host != "$local_socket" && $host != unix:///run/docker.sock ]]; then
    command -v docker >/dev/null || ensure_installed
    done_if_up
    fail "no Docker Engine answers on $host." \
        "Start it, or unset DOCKER_HOST and BERTH_DOCKER_HOST to use one on this machine."
fi

# One at a time: whoever comes second finds the engine of the first.
exec 9>"${TMPDIR:-/tmp}/berth-engine-$EUID.lock"
flock 9
done_if_up
check_permission
ensure_installed
done_if_up
start_engine
wait_for_engine

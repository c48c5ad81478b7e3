#!/usr/bin/env bash
# The fault suite (docs/testing-faults.md): test-faults.sh [--short] [--seed NUMBER] [--world NAME] [--keep]
# With nothing said, also what comes from outside: random bytes (fuzz.sh) and calls of all kinds (schemathesis.sh), in full,
# and two hours of 400 desktops that come and go (soak.sh).
# Runs in namespaces of its own (network, mounts, processes): its engine, its databases and its small disks are nobody else's, and
# all of it ends with it, however it ends. Needs root for that, and the binary and the desktop image (make build images).
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
scripts/needs.sh postgresql='/usr/lib/postgresql/*/bin/initdb' sqlite3=sqlite3 libfaketime='/usr/lib/*/faketime/libfaketimeMT.so.1' \
  util-linux=unshare iproute2=ip redis-server=redis-server nginx=/usr/sbin/nginx prometheus=prometheus
PATH=$PATH:/usr/sbin:/sbin
[ -n "${BERTH_MAKE_BUILT:-}" ] || scripts/say.sh "the fault suite" cargo build --release --bin faults
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo "--preserve-env=PATH,TMPDIR")
# Settings for an installation of the caller's own are not meant for these.
unset "${!BERTH_@}" DOCKER_HOST
# The first process of the namespace is bash: it also takes care of processes that lose their parent.
# shellcheck disable=SC2016 # the inner shell's own
suite=("${as_root[@]}" unshare --net --mount --pid --fork --kill-child --mount-proc
  bash -c 'ip link set lo up; mount -t tmpfs shm /dev/shm; target/release/faults --alone "$@"; exit $?' faults)
[ $# -eq 0 ] || exec "${suite[@]}" "$@"
# Half an hour of silence, beside all the others.
silence=$(mktemp)
"${suite[@]}" --world sim-idle >"$silence" 2>&1 &
idle=$!
trap 'kill "$idle" 2>/dev/null || true; rm -f "$silence"' EXIT
code=0
"${suite[@]}" || code=$?
scripts/schemathesis.sh || code=1
scripts/fuzz.sh || code=1
scripts/soak.sh 2h 200 2 || code=1
wait "$idle" || code=1
cat "$silence"
exit "$code"

#!/usr/bin/env bash
# The benchmarks of docs/benchmarks.md, on SQLite and on a private PostgreSQL that keeps what it commits (fsync on):
# bench/run.sh [--only boot|latency|queue|claims|resume|fanout|proxy|wrk|workers|memory|starts|burst]…
# A full run writes its figures there and to target/bench.json; keep the machine otherwise idle meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
PATH=$PATH:/usr/sbin
scripts/needs.sh npm=npm python3=python3 python3-venv='/usr/lib/python3*/ensurepip' postgresql-client=psql redis-server=redis-server \
  nginx=nginx wrk=wrk
scripts/say.sh "the benchmarks" cargo build --release --bin berth --bin bench
# What ours is measured beside.
install() {
  local what=$1
  shift
  scripts/say.sh "$what" "$@" || { echo "$what could not be installed: the benchmarks need npm's and PyPI's registry" >&2; exit 1; }
}
peers=bench/queue_peers hub=bench/jupyterhub
for folder in "$peers" "$hub"; do
  if [ ! -f "$folder/node_modules/.package-lock.json" ] || [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
    install "$folder/package.json" npm --prefix "$folder" ci --no-audit --no-fund
  fi
done
if [ ! -x target/websockify/bin/websockify ]; then
  python3 -m venv target/websockify
  install websockify target/websockify/bin/pip install -q websockify==0.13.0
fi
# The copy comes last: with it the installation is complete.
if ! cmp -s "$hub/requirements.txt" target/jupyterhub/requirements.txt; then
  python3 -m venv target/jupyterhub
  install "$hub/requirements.txt" target/jupyterhub/bin/pip install -q -r "$hub/requirements.txt"
  cp "$hub/requirements.txt" target/jupyterhub/
fi
# The system's Node.js when it is new enough for that queue and that proxy, else the one that came with it.
node=$(command -v node || true)
if [ -z "$node" ] || ! "$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a * 100 + +b < 2218 ? 1 : 0)'; then
  node=$(compgen -G "$peers/node_modules/node-linux-*/bin/node" | sed -n 1p)
fi
# Settings for an installation of the caller's own are not meant for these.
unset "${!BERTH_@}"
export BERTH_TEST_FSYNC=on
# Thousands of streams, at both ends.
ulimit -n "$(ulimit -Hn)"
# shellcheck disable=SC2016 # the inner shell's own
exec scripts/with-postgres.sh bash -c '
  url=$BERTH_TEST_POSTGRES_URL
  unset BERTH_TEST_POSTGRES_URL BERTH_TEST_FSYNC
  exec target/release/bench --postgres "$url" "$@"' bench --node "$node" "$@"

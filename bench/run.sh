#!/usr/bin/env bash
# The benchmarks of docs/benchmarks.md, on SQLite and on a private PostgreSQL: bench/run.sh [--only boot|latency|memory|starts]…
# A full run writes its figures there and to target/bench.json; keep the machine otherwise idle meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
scripts/say.sh "the benchmarks" cargo build --release --package berth-bench --bin bench
# Settings for an installation of the caller's own are not meant for these.
unset "${!BERTH_@}"
# shellcheck disable=SC2016 # the inner shell's own
exec scripts/with-postgres.sh bash -c 'exec env -u BERTH_TEST_POSTGRES_URL target/release/bench --postgres "$BERTH_TEST_POSTGRES_URL" "$@"' bench "$@"

#!/usr/bin/env bash
# `berth load` in short: a burst on the pretended engine, on several processes, and on Docker; then the soak, for a minute.
# Each makes a Berth of its own and holds it to its goals. The binary and the desktop image are built before (make build images).
#
#   BERTH_BIN   the binary (target/release/berth)
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${BERTH_TEST_POSTGRES_URL:-}" ]; then exec scripts/with-postgres.sh "$0"; fi
postgres=$BERTH_TEST_POSTGRES_URL
binary=${BERTH_BIN:-target/release/berth}
# Settings for an installation of the caller's own are not meant for these.
unset "${!BERTH_@}"
passed=0 failed=0

# loads WHAT COMMAND…: its report is shown when it fails.
loads() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok    $what: $(grep ' starts, click → running' <<<"$said" | tail -n 1)"
  else
    failed=$((failed + 1))
    printf 'BAD   %s\n%s\n' "$what" "$said"
  fi
}
burst() { loads "$1" "$binary" load burst --own --report "target/load-$2" --look-every 500ms --duration 3s "${@:3}"; }

mkdir -p target
psql -q "$postgres" -c "DROP DATABASE IF EXISTS load" -c "CREATE DATABASE load"
burst "50 desktops, pretended" pretended --runtime sim --sim-start 500ms --users 25 --desktops 2 --goal wait-p95=30s --goal api-p99=1s
burst "the same, 2 apis and 2 workers" several --runtime sim --sim-start 500ms --users 25 --desktops 2 --apis 2 --workers 2 \
  --database "${postgres%/*}/load" --goal wait-p95=30s --goal api-p99=1s
burst "6 desktops on Docker" docker --runtime docker --users 6 --viewers 0.5 --goal wait-p95=60s
loads "the soak, a minute of it" env BERTH_BIN="$binary" scripts/soak.sh 60s 20
echo "test result: $([ "$failed" -eq 0 ] && echo ok || echo FAILED). $passed passed; $failed failed"
[ "$failed" -eq 0 ]

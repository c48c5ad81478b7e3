#!/usr/bin/env bash
# Every test, on a machine that has only Rust and Node: installs what they need, starts private servers on free ports,
# and takes all of it down again. Its last line counts them all.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
counts=$(mktemp) monitoring=$(mktemp) beside=
trap 'rm -f "$counts" "$monitoring"; [ -z "$beside" ] || kill "$beside" 2>/dev/null || true' EXIT
minutes=()

# suite NAME COMMAND…: runs it, shows it, and notes how long it took.
suite() {
  local name=$1 begun=$SECONDS
  shift
  echo "══ $name" >&2
  "$@" 2>&1 | tee -a "$counts"
  minutes+=("$(printf '%-40s %3d:%02d' "$name" $(((SECONDS - begun) / 60)) $(((SECONDS - begun) % 60)))")
}

scripts/needs.sh chromium=chromium docker-registry=docker-registry postgresql='/usr/lib/postgresql/*/bin/initdb' \
  redis-server=redis-server pgbouncer=/usr/sbin/pgbouncer prometheus=promtool openssl=openssl nginx=/usr/sbin/nginx iproute2=ip \
  nftables=/usr/sbin/nft mmdebstrap=mmdebstrap debian-archive-keyring=/usr/share/keyrings/debian-archive-keyring.gpg
suite "engine and desktop image" make --no-print-directory engine desktop
scripts/compose.sh
suite "page: build" scripts/frontend.sh
suite "page: units" npm --prefix frontend test
scripts/packages.sh api/tests/oidc
suite "binary: build" cargo build --release --workspace --bins --tests --features berth-shared/testing
# One after another: each holds something to its time, and containers and pages come up too late beside another suite.
suite "rust, both databases, engine" env RUST_TEST_THREADS=$(($(nproc) * 2)) scripts/with-postgres.sh cargo test --release --workspace --features berth-shared/testing
suite "production shape, browser" scripts/test-stack.sh local
# What these end and start is a Berth of their own.
suite "browser, ends and starts; a busy day" scripts/e2e.sh breaks busy
suite "production shape, in containers" scripts/test-stack.sh compose
# This one mostly waits for figures to come in.
scripts/test-monitoring.sh >"$monitoring" 2>&1 &
beside=$!
suite "schemathesis, the short form" scripts/schemathesis.sh --short
code=0
wait "$beside" || code=$?
beside=
# shellcheck disable=SC2016 # the inner shell's own
suite "monitoring: rules, dashboards (beside)" bash -c 'cat "$1"; exit "$2"' said "$monitoring" "$code"
suite "load, in short" scripts/test-load.sh
suite "faults, the short form" env BERTH_MAKE_BUILT=1 scripts/test-faults.sh --short

printf '%s\n' "" "minutes per suite" "${minutes[@]}" "" >&2
# Each runner's own closing line: cargo test, Vitest, Playwright.
passed=$(sed -E 's/\x1b\[[0-9;]*m//g' "$counts" | awk '
  /^test result: / { p += $4; f += $6 }
  /^ +Tests +/ { for (i = 1; i <= NF; i++) { if ($i == "passed") p += $(i-1); if ($i == "failed") f += $(i-1) } }
  /^ +[0-9]+ passed( \(|$)/ { p += $1 }
  /^ +[0-9]+ failed$/ { f += $1 }
  END { printf "%d passed, %d failed", p, f }')
echo "tests: $passed"

#!/usr/bin/env bash
# Every test, on a machine that has only Rust and Node: installs what they need, starts private servers on free ports,
# and takes all of it down again. Its last line counts them all.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
counts=$(mktemp) beside=$(mktemp) browser=
# All that it started too; the stack then takes itself down.
trap '[ -z "$browser" ] || { kill -- "-$browser" 2>/dev/null; wait "$browser"; } || true; rm -f "$counts" "$beside"' EXIT
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
  redis-server=redis-server pgbouncer=/usr/sbin/pgbouncer openssl=openssl nginx=/usr/sbin/nginx iproute2=ip \
  nftables=/usr/sbin/nft mmdebstrap=mmdebstrap debian-archive-keyring=/usr/share/keyrings/debian-archive-keyring.gpg
suite "engine and desktop image" make --no-print-directory engine desktop
scripts/compose.sh
suite "page: build" scripts/frontend.sh
suite "page: units" npm --prefix frontend test
scripts/packages.sh api/tests/oidc
suite "binary: build" cargo build --release --workspace --bins --tests --features berth-shared/testing
# Most of the tests wait for something most of the time, so the browser has its turn beside them: on the production shape, and
# where it ends and starts Berth, on one of its own. The engine has one suite at a time.
setsid bash -c 'scripts/test-stack.sh local && scripts/e2e.sh breaks && scripts/schemathesis.sh --short' >"$beside" 2>&1 &
browser=$!
rust() {
  RUST_TEST_THREADS=$(($(nproc) * 2)) scripts/with-postgres.sh cargo test --release --workspace --features berth-shared/testing "$@"
}
suite "rust, both databases" rust --lib --bins --test it --test proofs
code=0
wait "$browser" || code=$?
browser=
suite "production shape, browser, schemathesis" cat "$beside"
[ "$code" -eq 0 ] || exit "$code"
suite "rust, both databases, engine" rust --test engine
suite "production shape, in containers" scripts/test-stack.sh compose
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

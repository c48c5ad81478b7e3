#!/usr/bin/env bash
# The tests of the production shape: test-stack.sh [local] [compose]   (none named: both)
#   local     as plain processes: what a user does, over HTTP and HTTPS; an api and a worker killed while starts run
#   compose   docker-compose.yml itself: what a user does; 2 workers, 4, and 2 again while starts run; what a desktop can reach; what it
#             can do to its neighbours; down, and nothing left. Needs root, for a network to be outside of and for the firewall
# The binary and the desktop image are built before (make build images).
#
#   BERTH_BIN   the binary (target/release/berth)
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0

# check WHAT COMMAND…: counts, and goes on.
check() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok    $what"
  else
    failed=$((failed + 1))
    echo "BAD   $what"
  fi
}
closing_line() {
  echo "test result: $([ "$failed" -eq 0 ] && echo ok || echo FAILED). $passed passed; $failed failed"
  [ "$failed" -eq 0 ]
}

# A file of the page, named after its content.
compressed() {
  local asset headers
  asset=$(curl -fsSk "$STACK_URL/" | grep -o '/assets/[^"]*\.js' | sed -n 1p)
  headers=$(curl -fsSk -D - -o /dev/null -H 'Accept-Encoding: gzip' "$STACK_URL$asset" | tr -d '\r' | tr '[:upper:]' '[:lower:]')
  grep -q '^content-encoding: gzip' <<<"$headers" && grep -q '^cache-control: .*immutable' <<<"$headers" &&
    [ "$(grep -c '^content-security-policy:' <<<"$headers")" -eq 1 ]
}

local_stack() {
  # Inside: STACK_… name the stack.
  if [ "${1:-}" = inside ]; then
    check "the page's files are compressed ahead of time and kept for good" compressed
    check "a user's way, $STACK_URL" scripts/smoke.py "$STACK_URL" "$STACK_PASSWORD" one
    if [[ $STACK_URL == http:* ]]; then
      check "the browser tests through nginx" env BERTH_TEST_STACK_URL="$STACK_URL" BERTH_TEST_STACK_PASSWORD="$STACK_PASSWORD" scripts/e2e.sh
      check "a viewer and a stream of events live on through silence" scripts/smoke.py "$STACK_URL" "$STACK_PASSWORD" idle "${STACK_IDLE:-70}"
      # shellcheck disable=SC2016 # the inner shell's own
      check "an api and a worker killed while 8 start" scripts/smoke.py "$STACK_URL" "$STACK_PASSWORD" many 8 \
        bash -c 'sleep 1; kill -KILL "$(cat "$STACK_FOLDER/pids/api-1")" "$(cat "$STACK_FOLDER/pids/worker-1")"'
    fi
    closing_line
    return
  fi
  export BERTH_START_LIMITS=off BERTH_MAX_DESKTOPS_PER_USER=50 BERTH_API_LIMITS=off
  # nginx's patience is cut to seconds, so that silence of a minute tells what silence of a day would.
  STACK_PATIENCE=25s scripts/stack-local.sh run -- scripts/test-stack.sh inside
  STACK_TLS=yes scripts/stack-local.sh run -- scripts/test-stack.sh inside
}

compose_stack() {
  [ "$(id -u)" -eq 0 ] || exec sudo --preserve-env=PATH,TMPDIR,BERTH_BIN "$0" compose
  # shellcheck source=scripts/test-compose.sh
  . scripts/test-compose.sh
}

case ${1:-} in
inside) local_stack inside ;;
local) local_stack ;;
compose) compose_stack ;;
*)
  local_stack
  compose_stack
  ;;
esac

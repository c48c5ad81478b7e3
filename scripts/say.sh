#!/usr/bin/env bash
# Runs a long step under a heading: say.sh "what" COMMAND…  The command's own progress shows only on a terminal or when
# it fails.
set -euo pipefail
what=$1
shift
if [ -t 2 ]; then
  echo "── $what" >&2
  exec "$@"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
begun=$SECONDS
if "$@" >"$log" 2>&1; then
  took=$((SECONDS - begun))
  [ "$took" -lt 3 ] || echo "── $what: ${took} s" >&2
else
  code=$?
  echo "── $what failed:" >&2
  cat "$log" >&2
  exit "$code"
fi

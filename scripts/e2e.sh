#!/usr/bin/env bash
# A real browser against a real Berth on a real engine, in a throw-away data folder on free ports.
# The binary and the desktop image are built before (make build images). Pictures of the pages are left in e2e/shots.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/needs.sh chromium=chromium
if [ ! -f e2e/node_modules/.package-lock.json ] || [ e2e/package-lock.json -nt e2e/node_modules/.package-lock.json ]; then
  scripts/say.sh "the browser tests' packages" npm ci --prefix e2e --no-audit --no-fund
fi
exec npm --prefix e2e test

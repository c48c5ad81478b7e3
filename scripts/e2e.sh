#!/usr/bin/env bash
# A real browser against a real Berth on a real engine, in a throw-away data folder on free ports.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/needs.sh chromium=chromium
[ -f e2e/node_modules/.package-lock.json ] || scripts/say.sh "the browser tests' packages" npm ci --prefix e2e --no-audit --no-fund
exec npm --prefix e2e test

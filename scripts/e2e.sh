#!/usr/bin/env bash
# A real browser against a real Berth on a real engine, in a throw-away data folder on free ports.
# The binary and the desktop image are built before (make build images). Pictures of the pages are left in e2e/shots.
# Named tests only: e2e.sh NAME…
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/needs.sh chromium=chromium
scripts/packages.sh e2e
exec npm --prefix e2e test -- "$@"

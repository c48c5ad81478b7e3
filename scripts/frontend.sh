#!/usr/bin/env bash
# Builds the page into frontend/dist, when anything of it has changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh frontend
cd frontend
newest=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -newer dist/index.html -print -quit 2>/dev/null || echo none)
[ -f dist/index.html ] && [ -z "$newest" ] && exit 0
../scripts/say.sh "the page" npm run build

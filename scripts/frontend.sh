#!/usr/bin/env bash
# Builds the page into frontend/dist, when anything of it has changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/../frontend"
command -v npm >/dev/null || { echo "Node.js with npm is needed to build the page: https://nodejs.org" >&2; exit 1; }
newest=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -newer dist/index.html -print -quit 2>/dev/null || echo none)
[ -f dist/index.html ] && [ -z "$newest" ] && exit 0
say=../scripts/say.sh
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  $say "the page's packages" npm ci --no-audit --no-fund
fi
$say "the page" npm run build

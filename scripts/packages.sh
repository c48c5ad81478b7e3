#!/usr/bin/env bash
# The npm packages of a folder, when its lock file has changed since they were installed: packages.sh FOLDER
# One at a time, so that the linters may run beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "Node.js with npm is needed for the page: https://nodejs.org" >&2; exit 1; }
lock=$1/package-lock.json installed=$1/node_modules/.package-lock.json
exec 9<"$lock"
flock 9
[ -f "$installed" ] && [ ! "$lock" -nt "$installed" ] && exit 0
scripts/say.sh "the packages of $1" npm ci --prefix "$1" --no-audit --no-fund

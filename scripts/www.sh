#!/usr/bin/env bash
# The page's files as a web server wants them, compressed ahead of time: www.sh [FOLDER]  (target/www)
# Only those that are named after their content; the page itself comes from the api, which knows its own version.
# Older ones are kept, for pages that were opened before an upgrade.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:-target/www}
[ -d frontend/dist/assets ] || { echo "the page is not built: make build" >&2; exit 1; }
mkdir -p "$to/assets"
cp -p frontend/dist/assets/* "$to/assets/"
chmod -R a+rX "$to"
for file in "$to"/assets/*.{js,css,svg}; do
  [ -e "$file" ] || continue
  [ -e "$file.gz" ] || gzip -9 -k -n "$file"
  # brotli where the distribution's tool is there.
  if [ ! -e "$file.br" ] && command -v brotli >/dev/null; then brotli -q 11 "$file" -o "$file.br"; fi
done

#!/usr/bin/env bash
# The Debian package, from the binary and the page that are there: target/debian/berth_VERSION_ARCHITECTURE.deb
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
readonly version=3.8.0
[ -x target/release/berth ] || { echo "the binary is missing: make build" >&2; exit 1; }
[ "$(target/tools/bin/cargo-deb --version 2>/dev/null)" = "$version" ] ||
  scripts/say.sh "building cargo-deb $version" cargo install --quiet --debug --locked --root target/tools \
    --target-dir target/tools/build "cargo-deb@$version"
scripts/www.sh
target/tools/bin/cargo-deb --no-build --package berth --output target/debian/

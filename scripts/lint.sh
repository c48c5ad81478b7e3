#!/usr/bin/env bash
# What CI lints. Everything is looked at before it fails, so that one run tells all.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export SQLX_OFFLINE=true
failed=()
check() {
  local name=$1
  shift
  echo "── $name" >&2
  "$@" || failed+=("$name")
}

# tool NAME VERSION: a cargo command of this version, built once into target/tools.
tool() {
  [ "$(target/tools/bin/"$1" --version 2>/dev/null | awk '{print $NF}')" = "$2" ] ||
    CARGO_PROFILE_DEV_DEBUG=0 scripts/say.sh "building $1 $2" env -u RUSTC_WORKSPACE_WRAPPER cargo install --quiet --debug --locked --root target/tools \
      --target-dir target/tools/build "$1@$2"
}

scripts/needs.sh shellcheck=shellcheck
# In CI the tests' build is done by clippy (.ci/run). Else first: it holds the build folder, which tests beside it want soon.
[ -n "${RUSTC_WORKSPACE_WRAPPER:-}" ] || check "clippy" cargo clippy --release --workspace --all-targets --features berth-shared/testing -- -D warnings
tool cargo-deny 0.20.2
tool cargo-machete 0.9.2
scripts/packages.sh frontend

check "format" cargo fmt --check
# The advisory database lives on a host of its own: asked where it can be reached, said where it cannot.
if timeout 60 target/tools/bin/cargo-deny --log-level off fetch db >/dev/null 2>&1; then
  check "advisories" target/tools/bin/cargo-deny --log-level error check advisories
else
  echo "── advisories: not checked, their database cannot be reached from here" >&2
fi
check "licences, bans, sources" target/tools/bin/cargo-deny --log-level error check licenses bans sources
check "unused dependencies" target/tools/bin/cargo-machete
check "doors" scripts/doors.sh
check "page: lint" npm --prefix frontend run --silent lint
check "page: types" npm --prefix frontend run --silent typecheck
check "page: types match the api" npm --prefix frontend run --silent check:api
mapfile -t scripts < <(git ls-files '*.sh' .ci/run deploy/deb deploy/stand-ins/entry)
check "shell scripts" shellcheck --external-sources "${scripts[@]}"
check "compose file" scripts/lint-compose.sh
check "links" scripts/links.py

if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "lint passed" >&2

#!/usr/bin/env bash
# Installs what is missing from the distribution: needs.sh PACKAGE=COMMAND-OR-FILE …
set -euo pipefail
missing=()
for need in "$@"; do
  package=${need%%=*} proof=${need#*=}
  # The proof is a glob of files or the name of a command.
  compgen -G "$proof" >/dev/null || command -v "$proof" >/dev/null || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
install=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
here=$(dirname "$0")
"$here/say.sh" "the package lists" "${sudo[@]}" apt-get update -qq
"$here/say.sh" "installing ${missing[*]}" "${install[@]}"

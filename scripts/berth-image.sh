#!/usr/bin/env bash
# Builds the image of berth itself from the binary that is there, unless the image has that one already.
#
#   BERTH_IMAGE   its tag (berth/berth:latest)
#   BERTH_BIN     the binary (target/release/berth)
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${BERTH_IMAGE:-berth/berth:latest} binary=${BERTH_BIN:-target/release/berth}
[ -x "$binary" ] || { echo "$binary is missing: make build" >&2; exit 1; }

inputs=$({ sha256sum <"$binary"; sha256sum <deploy/berth/Dockerfile; sha256sum <"$0"; } | sha256sum | cut -c1-32)
[ "$(docker image inspect --format '{{index .Config.Labels "berth.inputs"}}' "$tag" 2>/dev/null)" != "$inputs" ] || exit 0

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -D "$binary" "$root/usr/bin/berth"
strip "$root/usr/bin/berth" 2>/dev/null || true
# The libraries that it is linked to, at the places where they are looked for; those that look up names, for older C libraries.
ldd "$binary" | grep -o '/[^ ]*' | sort -u | while read -r library; do install -D "$library" "$root$library"; done
for library in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  # Read to its end: ldconfig dies of a pipe that is closed early.
  found=$(ldconfig -p | awk -v name="$library" '$1 == name && !place { place = $NF } END { print place }')
  [ -z "$found" ] || install -D "$found" "$root$found"
done
mkdir -p "$root/etc" "$root/tmp" "$root/run" "$root/var/run"
chmod 1777 "$root/tmp"
printf 'root:x:0:0::/:/none\nberth:x:10001:10001::/tmp:/none\n' >"$root/etc/passwd"
printf 'root:x:0:\nberth:x:10001:\n' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
buildkit=1
docker buildx version >/dev/null 2>&1 || buildkit=0
old=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null || true)
DOCKER_BUILDKIT=$buildkit scripts/say.sh "the image of berth" \
  docker build --quiet --file deploy/berth/Dockerfile --label berth.inputs="$inputs" --tag "$tag" "$root"
# The one before, unless a container still runs it.
[ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
echo "image: $tag is ready: $(($(docker image inspect --format '{{.Size}}' "$tag") / 1000000)) MB" >&2

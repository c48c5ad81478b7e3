#!/usr/bin/env bash
# Shuts desktops off from neighbours, this host and inner networks, now and at each boot: firewall.sh [--until-boot] [--allow NETWORKS]
# [--let-in NETWORKS] [--dns ADDRESSES]. Run as root. The rules are those of `berth admin firewall`; where the host has no binary of its
# own, the image's writes them.
set -euo pipefail
cd "$(dirname "$0")/.."
boot=yes
if [ "${1:-}" = --until-boot ]; then
  boot=
  shift
fi
[ "$(id -u)" -eq 0 ] || { echo "run this as root: the packet filter is the host's" >&2; exit 1; }
PATH=$PATH:/usr/sbin:/sbin
# The stack's own network for desktops' ports, as docker-compose.yml has it.
ports=$(sed -n 's/^BERTH_PORTS_SUBNET=//p' "${STACK_ENV:-.env}" 2>/dev/null | tail -n 1)
set -- --ports-network "${ports:-10.212.255.0/24}" "$@"
scripts/needs.sh nftables=/usr/sbin/nft

rules=$(mktemp)
trap 'rm -f "$rules"' EXIT
if command -v berth >/dev/null; then
  berth admin firewall "$@" >"$rules"
elif [ -x "${BERTH_BIN:-target/release/berth}" ]; then
  "${BERTH_BIN:-target/release/berth}" admin firewall "$@" >"$rules"
else
  # With the host's own list of name servers.
  docker run --rm --network host --read-only "${BERTH_IMAGE:-berth/berth:latest}" admin firewall "$@" >"$rules"
fi
nft --file "$rules"
echo "desktops are shut off from this host and inner networks"
[ -n "$boot" ] || exit 0
if [ ! -d /run/systemd/system ]; then
  echo "no systemd here: see to it yourself that \`nft --file\` loads the rules at boot" >&2
  exit 0
fi
install -D -m 644 "$rules" /etc/berth/firewall.nft
install -m 644 deploy/systemd/berth-firewall.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now berth-firewall.service

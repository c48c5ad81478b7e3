#!/usr/bin/env bash
# The figures of docs/capacity.md, anew: capacity.sh [--size USERSxDESKTOPS[:sim][:APIS+WORKERS]]…  (`berth load capacity --help`)
# Real desktops as far as this machine carries them, pretended ones beyond. Keep the machine otherwise idle meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
scripts/needs.sh postgresql-client=psql
# Settings for an installation of the caller's own are not meant for this.
unset "${!BERTH_@}"
[ $# -gt 0 ] || set -- --size 25x2 --size 50x2 --size 75x2 --size 25x2:sim --size 50x2:sim --size 100x2:sim --size 200x2:sim --size 400x2:sim \
  --size 25x2:sim:2+2 --size 50x2:sim:2+2 --size 100x2:sim:2+2 --size 200x2:sim:2+2 --size 400x2:sim:2+2
# Lines of several processes find an empty database each.
# shellcheck disable=SC2016 # the inner shell's own
exec scripts/with-postgres.sh bash -c '
  url=$BERTH_TEST_POSTGRES_URL
  unset "${!BERTH_TEST_@}"
  for n in $(seq 20); do psql -q "$url" -c "CREATE DATABASE capacity_$n"; done
  exec target/release/berth load capacity --database "${url%/*}/capacity_{n}" "$@"' capacity "$@"

#!/usr/bin/env bash
# Runs a command beside a private PostgreSQL on a free port, and takes it down again: with-postgres.sh COMMAND…
# The command finds it in BERTH_TEST_POSTGRES_URL.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/needs.sh" 'postgresql=/usr/lib/postgresql/*/bin/initdb'
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
folder=$(mktemp -d)
as=()
if [ "$(id -u)" -eq 0 ]; then # the server refuses to run as root
  chown postgres "$folder"
  as=(setpriv --reuid postgres --regid postgres --init-groups)
fi
cd "$folder"
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/initdb" -D "$folder/data" -A trust -U postgres >/dev/null
# A throw-away server: nothing of it has to survive a power cut, unless who measures wants it to (BERTH_TEST_FSYNC=on).
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w \
  -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=${BERTH_TEST_FSYNC:-off}" start >/dev/null ||
  { cat "$folder/log" >&2; exit 1; }
cd "$OLDPWD"
export BERTH_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
"$@"

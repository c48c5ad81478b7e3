#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml, each one that is not there yet: secrets.sh [FOLDER]  (deploy/secrets)
# The folder is for its owner alone; the files in it may be read by the users that the containers run as.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:-${BERTH_SECRETS:-deploy/secrets}}
umask 077
mkdir -p "$to"
chmod 700 "$to"

random() { head -c 33 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }
# make NAME TEXT: unless it is there.
make() {
  [ -s "$to/$1" ] || printf '%s\n' "$2" >"$to/$1"
  chmod 444 "$to/$1"
}
make secret_key "$(random)"
make admin_password "$(random | cut -c1-20)"
make postgres_password "$(random)"
make redis_password "$(random)"
make grafana_password "$(random | cut -c1-20)"
database=$(cat "$to/postgres_password") redis=$(cat "$to/redis_password")
make postgres_url "postgres://berth:$database@postgres:5432/berth"
make pgbouncer_url "postgres://berth:$database@pgbouncer:6432/berth"
make pgbouncer_users "\"berth\" \"$database\""
make redis_url "redis://:$redis@redis:6379/0"
make redis_users "user default on >$redis ~* &* +@all"

#!/usr/bin/env bash
# The production shape as plain processes: 2 apis, 2 workers, PostgreSQL, Redis and nginx, all of them private, on free ports, in a
# folder that is thrown away with everything they made, desktops included, when this ends.
#
#   scripts/stack-local.sh                      in the foreground, until Ctrl+C
#   scripts/stack-local.sh run [--] COMMAND…    beside a command, which finds it in STACK_URL, STACK_PASSWORD and STACK_FOLDER
#                                               (logs/NAME.log, pids/NAME, settings.env); ends with the command's own exit code
#
#   STACK_APIS, STACK_WORKERS    how many (2, 2)
#   STACK_TLS=yes                over HTTPS, with a certificate made for it
#   STACK_PATIENCE               nginx's time-outs for streams, instead of 7d
#   BERTH_BIN                    the binary (target/release/berth); further BERTH_… settings are theirs too
# shellcheck disable=SC2317 # what the trap reaches
set -euo pipefail
cd "$(dirname "$0")/.."
apis=${STACK_APIS:-2} workers=${STACK_WORKERS:-2} tls=${STACK_TLS:-}
berth=$(realpath "${BERTH_BIN:-target/release/berth}")
unset BERTH_BIN
case ${1:-} in
'') command=() ;;
run)
  shift
  [ "${1:-}" != -- ] || shift
  command=("$@")
  ;;
*)
  sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
[ -x "$berth" ] || { echo "$berth is missing: make build" >&2; exit 1; }
scripts/needs.sh 'postgresql=/usr/lib/postgresql/*/bin/initdb' redis-server=redis-server nginx=nginx
PATH=$PATH:/usr/sbin
postgres=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)

folder=$(mktemp -d "${TMPDIR:-/tmp}/berth-stack-XXXXXX")
mkdir -p "$folder"/{logs,pids,secrets,nginx/tls,data}
chmod 711 "$folder"
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then # the database refuses to run as root
  install -d -o postgres -g postgres "$folder/postgres"
  as_postgres=(setpriv --reuid postgres --regid postgres --init-groups)
else
  mkdir "$folder/postgres"
fi

# Free ports: so many for the servers, and a stretch of 100 for desktops.
free() {
  python3 - "$1" <<'PY'
import socket, sys
held = []
for _ in range(int(sys.argv[1])):
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    held.append(one)
print(*(one.getsockname()[1] for one in held))
PY
}
read -ra ports <<<"$(free $((5 + 2 * apis + workers)))"
next_port() {
  port=${ports[0]}
  ports=("${ports[@]:1}")
}
next_port; database_port=$port
next_port; redis_port=$port
next_port; http_port=$port
next_port; status_port=$port
desktops=$((20000 + RANDOM % 90 * 100))

# begin NAME COMMAND…: in the background and a process group of its own, so that Ctrl+C does not end them all at once.
begin() {
  local name=$1
  shift
  setsid "$@" >>"$folder/logs/$name.log" 2>&1 &
  echo $! >"$folder/pids/$name"
  # Whoever runs a command beside them may kill them; nobody has to hear of it.
  [ ${#command[@]} -eq 0 ] || disown $!
}
# finish SIGNAL NAME…: tells them to end, and waits until they have.
finish() {
  local signal=$1 name pid
  shift
  for name in "$@"; do kill -s "$signal" "$(cat "$folder/pids/$name")" 2>/dev/null || true; done
  for name in "$@"; do
    pid=$(cat "$folder/pids/$name" 2>/dev/null) || continue
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$folder/pids/$name"
  done
}
names() { (cd "$folder/pids" && compgen -G "$1") || true; }

# What the engine still has of this installation.
sweep() {
  local label=$1 list force
  [ -n "$label" ] || return 0
  for kind in container volume network; do
    case $kind in
    container) force=(-f -v) list=$(docker ps -aq --filter "label=berth.installation=$label") ;;
    *) force=() list=$(docker "$kind" ls -q --filter "label=berth.installation=$label") ;;
    esac
    # shellcheck disable=SC2086 # one word each
    [ -z "$list" ] || docker "$kind" rm "${force[@]}" $list >/dev/null
  done
}

down() {
  local code=$? installation
  trap '' INT TERM
  # shellcheck disable=SC2046 # names without spaces
  finish TERM $(names 'api-*') $(names 'worker-*')
  installation=$(cat "$folder"/logs/worker-*.log 2>/dev/null | sed -n 's/.*"installation":"\([^"]*\)".*/\1/p' | sed -n 1p)
  # shellcheck disable=SC2046
  finish QUIT $(names nginx)
  # shellcheck disable=SC2046
  finish INT $(names redis) $(names postgres)
  if command -v docker >/dev/null; then sweep "$installation" || true; fi
  [ "${STACK_KEEP:-}" = yes ] || rm -rf "$folder"
  exit "$code"
}
trap down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# waits WHAT COMMAND…: until it succeeds, half a minute at most.
waits() {
  local what=$1
  shift
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  tail -n 15 "$folder"/logs/*.log >&2
  echo "stack-local: $what does not answer" >&2
  exit 1
}

scripts/secrets.sh "$folder/secrets"
secret() { cat "$folder/secrets/$1"; }

# PostgreSQL. A throw-away server: nothing of it has to survive a power cut.
install -m 644 "$folder/secrets/postgres_password" "$folder/postgres-password"
"${as_postgres[@]}" "$postgres/initdb" -D "$folder/postgres/data" -U berth -A scram-sha-256 \
  --pwfile="$folder/postgres-password" >"$folder/logs/initdb.log"
install -m 644 deploy/postgres/postgresql.conf "$folder/postgresql.conf"
begin postgres "${as_postgres[@]}" "$postgres/postgres" -D "$folder/postgres/data" -c config_file="$folder/postgresql.conf" \
  -c hba_file="$folder/postgres/data/pg_hba.conf" -c port="$database_port" -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories= -c fsync="${STACK_FSYNC:-off}"
waits PostgreSQL "$postgres/pg_isready" -q -h 127.0.0.1 -p "$database_port"
PGPASSWORD=$(secret postgres_password) "$postgres/createdb" -h 127.0.0.1 -p "$database_port" -U berth berth

# Redis, as the compose file has it.
sed -e "s#^port .*#port $redis_port#" -e 's#^bind .*#bind 127.0.0.1#' -e "s#^aclfile .*#aclfile $folder/secrets/redis_users#" \
  -e "s#^dir .*#dir $folder/data#" deploy/redis/redis.conf >"$folder/redis.conf"
begin redis redis-server "$folder/redis.conf"
waits Redis redis-cli -p "$redis_port" ping

# Berth.
scheme=http
[ -z "$tls" ] || scheme=https
url=$scheme://127.0.0.1:$http_port
cat >"$folder/settings.env" <<SETTINGS
BERTH_PUBLIC_URL=$url
BERTH_TRUSTED_PROXIES=127.0.0.0/8
BERTH_LOG_FORMAT=json
BERTH_DATA_DIR=$folder/data
BERTH_SECRET_KEY_FILE=$folder/secrets/secret_key
BERTH_ADMIN_PASSWORD_FILE=$folder/secrets/admin_password
BERTH_DATABASE_URL=postgres://berth:$(secret postgres_password)@127.0.0.1:$database_port/berth
BERTH_REDIS_URL=redis://:$(secret redis_password)@127.0.0.1:$redis_port/0
BERTH_DATABASE_POOL_MIN=${BERTH_DATABASE_POOL_MIN:-5}
BERTH_NODE=${BERTH_NODE:-local}
BERTH_PORT_RANGE=${BERTH_PORT_RANGE:-$desktops-$((desktops + 99))}
SETTINGS
set -a
# shellcheck disable=SC1091 # made just now
. "$folder/settings.env"
set +a
"$berth" migrate >"$folder/logs/migrate.log" 2>&1 || { cat "$folder/logs/migrate.log" >&2; exit 1; }
upstreams=() ready=()
for n in $(seq "$apis"); do
  next_port; listen=$port
  next_port
  begin "api-$n" "$berth" api --listen "127.0.0.1:$listen" --metrics-listen "127.0.0.1:$port"
  upstreams+=("127.0.0.1:$listen") ready+=("$port")
done
for n in $(seq "$workers"); do
  next_port
  begin "worker-$n" "$berth" worker --metrics-listen "127.0.0.1:$port"
  ready+=("$port")
done

# nginx, as the compose file has it.
scripts/www.sh "$folder/nginx/www"
if [ -n "$tls" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$folder/nginx/tls/privkey.pem" -out "$folder/nginx/tls/fullchain.pem" 2>/dev/null
  next_port
  export NGINX_HTTP="127.0.0.1:$port" NGINX_HTTPS="127.0.0.1:$http_port"
else
  export NGINX_HTTP="127.0.0.1:$http_port"
fi
BERTH_API="${upstreams[*]}" NGINX_STATUS="127.0.0.1:$status_port" NGINX_PATIENCE=${STACK_PATIENCE:-7d} scripts/nginx-in.sh "$folder/nginx"
begin nginx nginx -p "$folder/nginx" -e /dev/stderr -c "$folder/nginx/nginx.conf" -g 'daemon off;'

for port in "${ready[@]}"; do waits "a process of Berth" curl -fsS "http://127.0.0.1:$port/readyz"; done
waits nginx curl -fsSk "$url/readyz"
STACK_PASSWORD=$(secret admin_password)
export STACK_URL=$url STACK_PASSWORD STACK_FOLDER=$folder

if [ ${#command[@]} -gt 0 ]; then
  # The settings are theirs, not the command's.
  unset "${!BERTH_@}"
  BERTH_BIN=$berth "${command[@]}"
  exit
fi
cat >&2 <<TEXT

  Berth is at $url

  Sign in as  admin
  Password    $STACK_PASSWORD

  $apis apis, $workers workers, PostgreSQL, Redis and nginx run below $folder; Ctrl+C ends and removes it all.

TEXT
wait -n || true
echo "stack-local: one of the processes has ended:" >&2
for pid in "$folder"/pids/*; do
  kill -0 "$(cat "$pid")" 2>/dev/null || { echo "── $(basename "$pid")" >&2; tail -n 10 "$folder/logs/$(basename "$pid").log" >&2; }
done
exit 1

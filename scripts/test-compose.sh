#!/usr/bin/env bash
# The part of test-stack.sh that runs docker-compose.yml: in a project, networks and a folder of its own, all of which go again.
# shellcheck disable=SC2016,SC2154,SC2317 # inner shells' own; passed and failed are test-stack.sh's; what the trap reaches
folder=$(mktemp -d "${TMPDIR:-/tmp}/berth-compose-XXXXXX")
project=berth-test
export STACK_ENV=$folder/env COMPOSE_ENV_FILES=$folder/env
# An address on each side of a cable: this host and a machine outside, of the internet's documentation network.
readonly here_address=203.0.113.1 outside_address=203.0.113.2 metadata_address=169.254.169.254 service_port=8099
servers=()

http_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$http_port
cat >"$folder/env" <<VARIABLES
COMPOSE_PROJECT_NAME=$project
BERTH_HTTP=127.0.0.1:$http_port
BERTH_HTTPS=127.0.0.1:0
BERTH_PUBLIC_URL=$url
BERTH_SECRETS=$folder/secrets
BERTH_TLS=$folder/tls
BERTH_ENV=$folder/berth.env
BERTH_WWW=$folder/www
BERTH_FRONT_SUBNET=10.212.244.0/24
BERTH_PORTS_SUBNET=10.212.245.0/24
BERTH_PORT_BIND=10.212.245.1
BERTH_PORT_RANGE=30000-30099
VARIABLES
mkdir "$folder/tls"
cat >"$folder/berth.env" <<SETTINGS
BERTH_START_LIMITS=off
BERTH_MAX_DESKTOPS_PER_USER=50
BERTH_API_LIMITS=off
SETTINGS

smoke() { scripts/smoke.py "$url" "$(cat "$folder/secrets/admin_password")" "$@"; }
container_of() { docker ps -q --filter "label=berth.desktop=$1"; }
address_of() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" | awk '{ print $1 }'; }
service() { docker compose ps -q "$1" | sed -n 1p; }

label=
# The installation's id, as its containers carry it; only its own processes know.
find_label() {
  [ -n "$label" ] || label=$(docker compose logs --no-log-prefix worker 2>/dev/null | sed -n 's/.*"installation":"\([^"]*\)".*/\1/p' | sed -n 1p)
}
stop_it() { docker compose --profile '*' down --volumes --timeout 30; }

take_down() {
  local code=$? network
  trap '' INT TERM
  find_label
  stop_it >/dev/null 2>&1 || true
  if [ -n "$label" ]; then
    docker ps -aq --filter "label=berth.installation=$label" | xargs -r docker rm -f -v >/dev/null
    docker volume ls -q --filter "label=berth.installation=$label" | xargs -r docker volume rm >/dev/null
    for network in $(docker network ls -q --filter "label=berth.installation=$label"); do docker network rm "$network" >/dev/null; done
  fi
  [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
  ip netns del berth-outside 2>/dev/null || true
  ip link del bt-cable 2>/dev/null || true
  if [ -e "$folder/firewall-before" ]; then
    nft delete table inet berth 2>/dev/null || true
    nft --file "$folder/firewall-before"
  fi
  rm -rf "$folder"
  return "$code"
}
trap take_down EXIT
trap 'exit 130' INT TERM

# Something outside, something on this host, and something at the metadata address: each answers, so that silence means something.
neighbourhood() {
  scripts/needs.sh iproute2=ip nftables=/usr/sbin/nft
  PATH=$PATH:/usr/sbin:/sbin
  nft list table inet berth >"$folder/firewall-before" 2>/dev/null || : >"$folder/firewall-before"
  nft delete table inet berth 2>/dev/null || true
  ip netns add berth-outside
  ip link add bt-cable type veth peer name bt-far netns berth-outside
  ip address add "$here_address/30" dev bt-cable
  ip address add "$metadata_address/32" dev bt-cable
  ip link set bt-cable up
  ip -n berth-outside address add "$outside_address/30" dev bt-far
  ip -n berth-outside link set bt-far up
  ip -n berth-outside link set lo up
  ip -n berth-outside route add default via "$here_address"
  mkdir "$folder/served"
  ip netns exec berth-outside python3 -m http.server --directory "$folder/served" "$service_port" >/dev/null 2>&1 &
  servers+=($!)
  python3 -m http.server --directory "$folder/served" "$service_port" >/dev/null 2>&1 &
  servers+=($!)
}

# reaches CONTAINER ADDRESS PORT: something answers from inside, be it that nobody listens.
reaches() {
  local said code=0
  said=$(docker exec "$1" bash -c "LC_ALL=C timeout 2 bash -c 'exec 3<>/dev/tcp/$2/$3'" 2>&1) || code=$?
  [ "$code" -eq 0 ] || [[ $said == *refused* ]]
}
silent() { ! reaches "$@"; }

what_a_desktop_reaches() {
  local first second inside host database redis api front neighbour
  first=$(smoke start First)
  second=$(smoke start Second)
  inside=$(container_of "$first") neighbour=$(address_of "$(container_of "$second")")
  host=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}' "$inside")
  database=$(address_of "$(service postgres)") redis=$(address_of "$(service redis)")
  api=$(address_of "$(service api)") front=$(address_of "$(service nginx)")

  check "without the firewall this host answers a desktop (so the knocking works)" reaches "$inside" "$host" "$service_port"
  check "without the firewall the metadata address answers" reaches "$inside" "$metadata_address" "$service_port"
  docker compose exec -T worker berth doctor >"$folder/doctor" 2>&1 || true
  check "the doctor says so" grep -q '^warn *Isolation .*this host' "$folder/doctor"
  scripts/firewall.sh --until-boot >/dev/null
  check "loading it again changes nothing" bash -c \
    'before=$(nft list table inet berth) && scripts/firewall.sh --until-boot >/dev/null && [ "$before" = "$(nft list table inet berth)" ]'
  for one in "a neighbour:$neighbour:5900" "this host:$host:$service_port" "this host's ssh:$host:22" "this host by another address:$here_address:$service_port" \
    "the engine:$host:2375" "the metadata address:$metadata_address:$service_port" "the metadata address, port 80:$metadata_address:80" \
    "the neighbour's published port:10.212.245.1:30001" "its own published port:10.212.245.1:30000" \
    "the database:$database:5432" "Redis:$redis:6379" "an api:$api:8080" "an api's figures:$api:9464" "nginx:$front:80"; do
    IFS=: read -r what address port <<<"$one"
    check "from inside a desktop, silence: $what ($address:$port)" silent "$inside" "$address" "$port"
  done
  check "from inside a desktop, the outside answers" reaches "$inside" "$outside_address" "$service_port"
  check "from outside, nobody reaches a published port" bash -c \
    "! ip netns exec berth-outside timeout 2 bash -c 'exec 3<>/dev/tcp/10.212.245.1/30000' 2>/dev/null"
  check "from outside, nobody reaches a desktop" bash -c \
    "! ip netns exec berth-outside timeout 2 bash -c 'exec 3<>/dev/tcp/$neighbour/5900' 2>/dev/null"
  check "from another container of this host, nobody reaches a published port" silent "$(service nginx)" 10.212.245.1 30000
  check "its user still sees it" smoke alive "$first"
  docker compose exec -T worker berth doctor >"$folder/doctor" 2>&1 || true
  check "the doctor finds nothing more" grep -q '^ok *Isolation' "$folder/doctor"
  grep Isolation "$folder/doctor" || cat "$folder/doctor"
  hostile "$first" "$second"
  smoke end "$first"
  smoke end "$second"
}

# answers_within SECONDS DESKTOP: logged in and greeted, through nginx and api.
answers_within() {
  local begun=$EPOCHREALTIME took
  smoke alive "$2" || return 1
  took=$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  echo "      the neighbour answered after $took s"
  awk -v took="$took" -v most="$1" 'BEGIN { exit !(took <= most) }'
}

# What one desktop's user may try; the other's does not notice.
hostile() {
  local inside hog
  inside=$(container_of "$1")
  docker exec -d "$inside" bash -c 'bomb() { bomb | bomb & }; bomb'
  sleep 3
  check "a fork bomb stays within its limit ($(docker stats --no-stream --format '{{.PIDs}}' "$inside") processes)" \
    bash -c "[ \"\$(docker stats --no-stream --format '{{.PIDs}}' $inside)\" -le 256 ]"
  check "and leaves the neighbour working" answers_within 15 "$2"
  smoke end "$1"
  check "and can be deleted" test -z "$(container_of "$1")"
  hog=$(smoke start Hog)
  inside=$(container_of "$hog")
  docker exec -d "$inside" bash -c 'tail /dev/zero'
  docker exec -d "$inside" bash -c 'for n in 1 2 3 4 5; do (setsid sleep 7777 &); done'
  sleep 3
  check "a memory hog leaves the neighbour working" answers_within 15 "$2"
  check "daemonised children are there" bash -c "docker top $inside | grep -q 'sleep 7777'"
  smoke end "$hog"
  # shellcheck disable=SC2009 # all users' processes, by their whole command
  check "and go with their desktop" bash -c "! ps -eo args | grep -q '^sleep 7777'"
}

check "the stack comes up" scripts/stack.sh
check "only nginx publishes ports" test "$(docker compose ps --format '{{.Service}} {{.Publishers}}' | grep -c '0.0.0.0\|127.0.0.1')" -eq 1
check "its processes are no root's, and their root is read-only" bash -c '
  for part in api worker; do
    docker inspect --format "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}" $(docker compose ps -q $part) | grep -vq "^10001:10001 true$" && exit 1
  done; exit 0'
check "a user's way" smoke one
check "2 workers, 4, and 2 again while 16 start" smoke many 16 bash -c '
  docker compose up --detach --wait --no-recreate --scale worker=4 >/dev/null 2>&1 &&
  [ "$(docker compose ps -q worker | wc -l)" -eq 4 ] &&
  docker compose up --detach --wait --no-recreate --scale worker=2 >/dev/null 2>&1 &&
  [ "$(docker compose ps -q worker | wc -l)" -eq 2 ]'
check "an api and a worker killed while 6 start" smoke many 6 bash -c '
  docker kill "$(docker compose ps -q api | sed -n 1p)" "$(docker compose ps -q worker | sed -n 1p)" >/dev/null; sleep 2
  docker compose up --detach --wait --no-recreate >/dev/null 2>&1'
check "3 apis: nginx comes to know the new one" bash -c '
  docker compose up --detach --wait --no-recreate --scale api=3 >/dev/null 2>&1
  for _ in $(seq 20); do
    [ "$(docker compose exec -T nginx cat /etc/nginx/conf.d/apis.conf | grep -oE "[0-9.]+:8080" | sort -u | wc -l)" -eq 3 ] && exit 0
    sleep 0.5
  done; exit 1'
neighbourhood
what_a_desktop_reaches
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$folder/tls/privkey.pem" \
  -out "$folder/tls/fullchain.pem" 2>/dev/null
https=https://$(docker compose port nginx 443)
check "a certificate is all that HTTPS needs" bash -c "
  for _ in \$(seq 40); do
    [ \"\$(curl -sk -o /dev/null -w '%{http_version} %{http_code}' $https/readyz)\" = '2 200' ] && exit 0
    sleep 0.5
  done; exit 1"
# For a moment nginx's processes with the settings of before answer, too.
check "and plain HTTP is sent there" bash -c "
  for _ in \$(seq 20); do
    [ \"\$(curl -s -o /dev/null -w '%{http_code}' $url/)\" = 308 ] && exit 0
    sleep 0.5
  done; exit 1"
check "a user's way, over HTTPS" scripts/smoke.py "$https" "$(cat "$folder/secrets/admin_password")" one
find_label
stop_it >"$folder/down" 2>&1
check "down, and nothing of it is left" bash -c "[ -z \"\$(docker ps -aq --filter label=com.docker.compose.project=$project)\$(
  docker volume ls -q --filter label=com.docker.compose.project=$project)\$(
  docker network ls -q --filter label=com.docker.compose.project=$project)\" ]"
closing_line

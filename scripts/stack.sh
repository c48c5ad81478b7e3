#!/usr/bin/env bash
# The production shape (docker-compose.yml), from nothing to its address: stack.sh [up]. Makes what is missing: Docker Compose, secrets,
# the image of berth, the other images (pulled, or where no registry can be reached built as stand-ins), .env. Safe to run again.
#
#   stack.sh down           stops it; what users have is kept. `docker compose down --volumes` throws the database away too
#   stack.sh images         only builds or pulls the images and writes .env
#
#   BERTH_STAND_INS         yes or no [default: where the images cannot be pulled]
#   STACK_ENV               the file with the compose file's variables (.env)
set -euo pipefail
cd "$(dirname "$0")/.."
readonly pull_seconds=60
env_file=${STACK_ENV:-.env}
export COMPOSE_ENV_FILES=$env_file
say() { printf 'stack: %s\n' "$*" >&2; }

# setting NAME DEFAULT: its value in the file of variables.
setting() { sed -n "s/^$1=//p" "$env_file" | tail -n 1 | grep . || printf '%s\n' "$2"; }
# set_once NAME VALUE: written there unless somebody has said something else.
set_once() { grep -q "^$1=." "$env_file" || printf '%s=%s\n' "$1" "$2" >>"$env_file"; }

# The images that the compose file asks for, ours left out.
foreign_images() { docker compose config --images | grep -vE '^berth/' | sort -u; }
there() { docker image inspect "$1" >/dev/null 2>&1; }

pull() {
  local image
  for image in $(foreign_images); do
    there "$image" || timeout "$pull_seconds" docker pull --quiet "$image" >/dev/null 2>&1 || return 1
  done
}

images() {
  scripts/berth-image.sh
  if [ "${BERTH_STAND_INS:-}" = yes ] || grep -q '=berth/stand-in-' "$env_file" || { [ "${BERTH_STAND_INS:-}" != no ] && ! pull; }; then
    say "stand-ins, built from the distribution's packages, take the place of the images of PostgreSQL, Redis and nginx"
    local suite=${BERTH_STAND_IN_SUITE:-trixie} name
    deploy/stand-ins/build.sh >&2
    for name in postgres redis nginx pgbouncer prometheus; do
      set_once "${name^^}_IMAGE" "berth/stand-in-$name:$suite"
    done
  fi
}

prepare() {
  scripts/engine.sh >&2
  scripts/compose.sh
  touch "$env_file"
  set_once DOCKER_GID "$(stat -c %g "$(setting DOCKER_SOCKET /var/run/docker.sock)")"
  scripts/secrets.sh "$(setting BERTH_SECRETS deploy/secrets)"
  scripts/www.sh "$(setting BERTH_WWW target/www)"
  images
}

say_where() {
  local secrets fresh=$1 url
  secrets=$(setting BERTH_SECRETS deploy/secrets)
  url=$(setting BERTH_PUBLIC_URL "http://$(docker compose port nginx 80)")
  printf '\n  Berth is at %s\n\n' "$url"
  if [ -n "$fresh" ]; then
    printf '  Sign in as  admin\n  Password    %s\n\n' "$(cat "$secrets/admin_password")"
    printf '  It stands in %s/admin_password until you remove it there.\n\n' "$secrets"
  fi
  cat <<'HINTS'
  more workers    docker compose up -d --wait --no-recreate --scale worker=4
  what they say   docker compose logs -f api worker
  looks all over  docker compose exec worker berth doctor
  shut it down    scripts/stack.sh down
HINTS
  if ! nft list table inet berth >/dev/null 2>&1; then
    printf '\n  No firewall yet: desktops can reach this host and its networks.\n'
    printf '  Once, as root:  scripts/firewall.sh\n'
  fi
}

case ${1:-up} in
images) prepare ;;
down) docker compose --profile '*' down ;;
up)
  prepare
  project=$(docker compose config --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"])')
  fresh=yes
  if docker volume inspect "${project}_postgres" >/dev/null 2>&1; then fresh=; fi
  docker compose up --detach --wait --wait-timeout 180 --pull never || {
    docker compose logs --tail 30 >&2
    exit 1
  }
  say_where "$fresh"
  ;;
*)
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac

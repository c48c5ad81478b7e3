#!/usr/bin/env bash
# Calls everything that the api describes with what fits the description and what does not, and follows what it answers
# (schemathesis): schemathesis.sh [--short | SECONDS]
# No answer may be a 5xx or differ from the description. Once for each role, against a Berth of its own with a pretended
# engine: on SQLite, and in the long form on PostgreSQL too. The binary is built before (BERTH_BIN names another one).
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=4.32.5
# For each role. The short form tries what the description makes different in each operation, but leaves out chance, and
# follows answers for some seconds.
seconds=${1:-100}
databases=(sqlite postgres)
each=examples,coverage,fuzzing
limit=(--max-time "$seconds")
by_nobody=()
if [ "$seconds" = --short ]; then
  seconds=10
  databases=(sqlite)
  each=examples,coverage
  limit=()
  # The rest answers all of them alike: sign in first.
  by_nobody=(--include-path-regex '/api/v1/(about|auth/|me|events)')
fi
if [[ " ${databases[*]} " == *" postgres "* ]] && [ -z "${BERTH_TEST_POSTGRES_URL:-}" ]; then
  exec scripts/with-postgres.sh "$0" "$@"
fi
postgres=${BERTH_TEST_POSTGRES_URL:-}
berth=$(realpath "${BERTH_BIN:-target/release/berth}")
# Settings for an installation of the caller's own are not meant for this one.
unset "${!BERTH_@}"

scripts/needs.sh curl=curl python3=python3
python3 -c 'import ensurepip' 2>/dev/null || scripts/needs.sh python3-venv='/usr/lib/python3*/ensurepip'
tools=$PWD/target/tools/schemathesis
if [ "$("$tools/bin/schemathesis" --version 2>/dev/null | awk '{print $NF}')" != "$VERSION" ]; then
  python3 -m venv --clear "$tools"
  scripts/say.sh "schemathesis $VERSION" "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
fi

folder=$(mktemp -d)
processes=()
# Ends the Berth that runs, and its pretended engine.
end() {
  [ ${#processes[@]} -gt 0 ] || return 0
  kill "${processes[@]}" 2>/dev/null || true
  wait "${processes[@]}" 2>/dev/null || true
  processes=()
}
trap 'end; rm -rf "$folder"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# begin DATABASE: a fresh Berth, which `url` leads to.
begin() {
  local data=$folder/$1 database="" port
  port=$(free_port)
  url=http://127.0.0.1:$port
  if [ "$1" = postgres ]; then
    database=${postgres%/*}/schemathesis_$$
    "$(compgen -G '/usr/lib/postgresql/*/bin/psql' | sort -V | tail -n 1)" --quiet "$postgres" -c "CREATE DATABASE schemathesis_$$"
  fi
  mkdir "$data"
  "$berth" sim-engine --data-dir "$data" --sim-start 100ms --log warn >"$folder/$1-engine.log" 2>&1 &
  processes+=($!)
  # Nothing is to be hidden behind a limit.
  env BERTH_RUNTIME=sim BERTH_DATA_DIR="$data" ${database:+BERTH_DATABASE_URL="$database"} \
    BERTH_LISTEN="127.0.0.1:$port" BERTH_METRICS_LISTEN="127.0.0.1:$(free_port)" BERTH_PORT_RANGE=20000-21999 \
    BERTH_ADMIN_PASSWORD="$password" BERTH_API_LIMITS=off BERTH_START_LIMITS=off BERTH_MAX_DESKTOPS_PER_USER=200 \
    BERTH_PORT_REST=0s BERTH_LOG=warn BERTH_LOG_FORMAT=text \
    "$berth" serve >"$folder/$1.log" 2>&1 &
  processes+=($!)
  local tries=0
  until curl --silent --fail --output /dev/null "$url/readyz"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "${processes[@]}" 2>/dev/null; then
      cat "$folder/$1.log" >&2
      exit 1
    fi
    sleep 0.2
  done
}

# call JAR METHOD PATH [BODY]: an answer's body; the jar keeps a log-in.
call() {
  curl --silent --show-error --fail-with-body --cookie "$1" --cookie-jar "$1" --request "$2" "$url/api/v1$3" \
    --header 'content-type: application/json' ${4:+--data "$4"}
}

# token NAME SCOPE: one of somebody who is signed in.
token() {
  call "$folder/$1.jar" POST /tokens "{\"name\":\"schemathesis\",\"scopes\":[\"$2\"],\"expires_in_days\":1}" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])'
}

# schemathesis WHO SCHEME KEY ARGUMENT…: everything, as somebody: by a session's cookie, a token, or (-) neither.
failed=()
schemathesis() {
  local who=$1 scheme=$2 key=$3 config=$folder/schemathesis.toml
  shift 3
  echo "── $who" >&2
  cp scripts/schemathesis.toml "$config"
  case $scheme in
    session) printf '\n[auth.openapi.session]\napi_key = "%s"\n' "$key" >>"$config" ;;
    token) printf '\n[auth.openapi.token]\nbearer = "%s"\n' "$key" >>"$config" ;;
  esac
  # It leaves notes where it runs.
  if (cd "$folder" && "$tools/bin/schemathesis" --config-file "$config" run "$url/api/openapi.json" "$@" >"$folder/said" 2>&1) &&
    ! grep -q 'Empty test suite' "$folder/said"; then
    tail -n 3 "$folder/said" >&2
  else
    failed+=("$who")
    cat "$folder/said" >&2
  fi
}

password=$(python3 -c 'import secrets; print(secrets.token_urlsafe(18))')
for database in "${databases[@]}"; do
  begin "$database"
  rm -f "$folder"/*.jar
  call "$folder/admin.jar" POST /auth/login "{\"username\":\"admin\",\"password\":\"$password\"}" >/dev/null
  for role in user operator; do
    call "$folder/admin.jar" POST /admin/users "{\"username\":\"$role\",\"password\":\"$password\",\"role\":\"$role\"}" >/dev/null
    call "$folder/$role.jar" POST /auth/login "{\"username\":\"$role\",\"password\":\"$password\"}" >/dev/null
  done
  session=$(awk '$6 == "berth_session" {print $7}' "$folder/user.jar")
  user=$(token user desktops) operator=$(token operator admin) admin=$(token admin admin)

  schemathesis "$database, nobody" - - --phases "$each" "${limit[@]}" "${by_nobody[@]}"
  # What ends the very session is left out, and what a token may do as well.
  schemathesis "$database, a user's session" session "$session" --phases "$each" "${limit[@]}" \
    --include-path-regex '/api/v1/(tokens|me)' --exclude-path '/api/v1/me/sessions/{id}'
  # A token is refused all that is about signing in: that was nobody's and the session's.
  by_token=(--exclude-path-regex '/api/v1/(auth/|tokens|me/(password|sessions|two-factor))')
  schemathesis "$database, a user's token" token "$user" --phases "$each" "${limit[@]}" "${by_token[@]}"
  # Nothing of theirs that is not a user's or an administrator's too.
  [ "${1:-}" = --short ] || schemathesis "$database, an operator's token" token "$operator" --phases "$each" "${limit[@]}" "${by_token[@]}"
  # An administrator last: one may delete the others.
  schemathesis "$database, an administrator's token" token "$admin" --phases "$each" "${limit[@]}" "${by_token[@]}"
  schemathesis "$database, an administrator's token, following answers" token "$admin" --phases stateful \
    --max-time "$seconds" "${by_token[@]}"

  curl --silent --fail --output /dev/null "$url/readyz" || failed+=("$database, ready afterwards")
  if grep -E 'panicked|ERROR' "$folder/$database.log" >&2; then failed+=("$database, the log"); fi
  end
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'schemathesis failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "schemathesis passed" >&2

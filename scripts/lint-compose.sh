#!/usr/bin/env bash
# Is docker-compose.yml valid with all its profiles, and does deploy/env.sample name exactly the variables that it takes?
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/compose.sh
docker compose --env-file /dev/null --profile '*' config --quiet
# shellcheck disable=SC2016 # the compose file's own
taken=$({ grep -oE '\$\{[A-Z_]+' docker-compose.yml | tr -d '${'; echo COMPOSE_PROFILES; } | sort -u)
named=$(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' deploy/env.sample | sort -u)
diff --label docker-compose.yml --label deploy/env.sample <(printf '%s\n' "$taken") <(printf '%s\n' "$named")

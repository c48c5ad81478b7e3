#!/usr/bin/env bash
# The rule of doors: each library is known behind one door, and api and worker do not know each other.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0

# only WHAT PATTERN ALLOWED…: files that name the library must lie under one of the allowed places.
only() {
  local what=$1 pattern=$2
  shift 2
  local allowed=()
  for place in "$@"; do allowed+=(":!$place"); done
  local found
  found=$(git grep -lE "$pattern" -- '*.rs' '*Cargo.toml' ':!Cargo.toml' "${allowed[@]}" || true)
  [ -z "$found" ] || { printf '%s is known outside its door (%s):\n%s\n' "$what" "$*" "$found" >&2; bad=1; }
}

only bollard '\bbollard(::|\.workspace)' worker
only axum '\baxum(_extra)?(::|\.workspace)' api sim cli/src/metrics cli/Cargo.toml
only metrics '\bmetrics(_exporter_prometheus)?::|\bmetrics(-exporter-prometheus)?\.workspace' shared cli
only opentelemetry '\b(tracing_)?opentelemetry[a-z_]*::|\b(tracing-)?opentelemetry[a-z_-]*\.workspace' shared/src/trace.rs shared/Cargo.toml cli
only sentry '\bsentry(::|\.workspace)' cli
only openidconnect '\bopenidconnect(::|\.workspace)' api
only sqlx '\bsqlx(::|\.workspace)' shared
only Redis '\bredis(::|\.workspace)' shared/src/events shared/Cargo.toml
only apalis '\bapalis(_core)?(::|\.workspace)' shared worker
only 'the api' '\bberth[_-]api(::|\.workspace)' api cli
only 'the worker' '\bberth[_-]worker(::|\.workspace)' worker cli
only 'the load generator' '\bberth[_-]load(::|\.workspace)' load cli bench
only 'the pretended engine' '\bberth[_-]sim(::|\.workspace)' sim cli worker/tests worker/Cargo.toml
only 'the environment' '\benv::vars?(_os)?\(' shared/src/config shared/src/testing 'api/tests' worker/tests cli/tests bench '*build.rs'
exit $bad

#!/usr/bin/env bash
# One desktop from click to gone, against a throw-away Berth: prints when what happened, saves its screen as demo.png,
# and ends with 0 only when nothing is left behind. It is used from outside only, as a browser would (bench/src/bin/demo.rs).
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
scripts/say.sh "the demo" cargo build --release --package berth-bench --bin demo
# Settings for an installation of the caller's own are not meant for this one.
engine=${BERTH_DOCKER_HOST:-${DOCKER_HOST:-}}
[[ $engine != /* ]] || engine=unix://$engine
unset "${!BERTH_@}"
[ -z "$engine" ] || export BERTH_DOCKER_HOST=$engine DOCKER_HOST=$engine
exec target/release/demo "$@"

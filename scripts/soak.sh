#!/usr/bin/env bash
# The soak: pretended desktops that come and go for a long time, and then nothing may have grown but the history:
# soak.sh [TIME (3m)] [USERS (40)] [DESKTOPS OF EACH (1)]. Memory flat, nothing left in tables, ports or on the engine.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-3m} users=${2:-40} desktops=${3:-1}
# Settings for an installation of the caller's own are not meant for this.
binary=${BERTH_BIN:-target/release/berth}
unset "${!BERTH_@}"
# What is kept of the past is kept for minutes, so that tables come to rest too.
exec "$binary" load churn --own --runtime sim --sim-start 500ms --starts-per-host 64 --worker-concurrency 96 \
  --keep-jobs 5m --keep-events 5m --log info \
  --users "$users" --desktops "$desktops" --duration "$time" --viewers 0.05 --look-every 5s --patience 2m \
  --fault engine-slow --fault cut --fault container-dies --fault engine-events-cut --fault-every 20s \
  --goal growth=20% --report "target/soak"

#!/usr/bin/env bash
# The rules of Prometheus, tried with recorded series; the dashboards, against a real Prometheus that scrapes a running Berth.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/needs.sh prometheus=promtool
deploy/grafana/make.py --check
promtool check rules --lint=all --lint-fatal deploy/prometheus/rules/*.yml
promtool test rules deploy/prometheus/tests/*.yml
# Each alert has its page.
sed -n 's/^ *- alert: //p' deploy/prometheus/rules/*.yml | while read -r alert; do
  grep -q "^## $alert\$" docs/alerts.md || { echo "docs/alerts.md has nothing on $alert" >&2; exit 1; }
done
scripts/dashboards.py

#!/usr/bin/env bash
# Random bytes into what parses bytes from outside (api/fuzz), with libFuzzer on the stable compiler: fuzz.sh [SECONDS [TARGET…]]
# Each target runs for so long (600 s), as many at once as there are processors. What breaks one is left in
# target/fuzz/found; once mended, it belongs into api/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true
seconds=${1:-600}
shift $(($# > 0 ? 1 : 0))
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(find api/fuzz/fuzz_targets -name '*.rs' -printf '%f\n' | sed 's/\.rs$//' | sort)

scripts/needs.sh g++=g++
# With a target of its own, what runs while building is not counted.
host=$(rustc -vV | sed -n 's/^host: //p')
counters=(--cfg fuzzing -Cpasses=sancov-module)
for counter in level=4 inline-8bit-counters pc-table trace-compares; do
  counters+=("-Cllvm-args=-sanitizer-coverage-$counter")
done
RUSTFLAGS="${counters[*]}" scripts/say.sh "the fuzz targets" cargo build --release --manifest-path api/fuzz/Cargo.toml \
  --target "$host" --target-dir target/fuzz

# fuzz TARGET: quiet unless it finds something.
fuzz() {
  local target=$1 grown=target/fuzz/grown/$1 log=target/fuzz/$1.log
  mkdir -p "$grown" target/fuzz/found
  if "target/fuzz/$host/release/$target" "$grown" "api/fuzz/corpus/$target" -artifact_prefix="target/fuzz/found/$target-" \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 >"$log" 2>&1; then
    echo "$target: $(awk '/number_of_executed_units/ {print $2}' "$log") inputs, nothing found" >&2
  else
    tail -n 60 "$log" >&2
    echo "$target: broken" >&2
    return 1
  fi
}
export -f fuzz
export host seconds
printf '%s\0' "${targets[@]}" | xargs -0 -P "$(nproc)" -I '{}' bash -euo pipefail -c 'fuzz {}'
echo "fuzz passed" >&2

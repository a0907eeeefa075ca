#!/usr/bin/env bash
# Installs what the benchmarks compare with. Programs that cannot be had are skipped by the bench, visibly.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
# startup.ts and typecheck.ts build our own package, by the repository's tools.
[ -d ../node_modules ] || npm install --no-audit --no-fund --prefix ..
if command -v apt-get >/dev/null; then
  programs=(redis-server gcc libc6-dev libhiredis-dev python3 python3-redis python3-hiredis)
  # Who is not root goes without those that are not here yet.
  { apt-get update -qq && apt-get install -y -qq "${programs[@]}"; } ||
    echo "not installed by apt-get: ${programs[*]}" >&2
fi

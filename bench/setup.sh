#!/usr/bin/env bash
# Installs what the benchmarks compare with. Programs that cannot be had are skipped by the bench, visibly.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
if command -v apt-get >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq redis-server gcc libc6-dev libhiredis-dev python3 python3-redis python3-hiredis || true
fi

#!/usr/bin/env bash
# Every test: the checks, then all groups. EFFORT scales the long campaigns (1 = a tenth, 10 = whole).
set -euo pipefail
cd "$(dirname "$0")/.."
unset DUOKUA_PORT DUOKUA_LANGUAGE  # as the guide for authors of packs lets them be set
DUOKUA_HOME=$(mktemp -d); export DUOKUA_HOME; trap 'rm -rf "$DUOKUA_HOME"' EXIT
export EFFORT=${EFFORT:-1}
bin=.venv/bin
mkdir -p test-results
step() { printf '\n== %s\n' "$*"; "$@"; }
step $bin/ruff format --check .
step $bin/ruff check .
step $bin/mypy
step $bin/lint-imports --no-cache
timeout=600; [ "$EFFORT" -le 1 ] || timeout=7200
step $bin/pytest -n "${WORKERS:-2}" --dist loadgroup --timeout "$timeout" --junitxml test-results/report.xml "$@" tests

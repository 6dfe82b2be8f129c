#!/usr/bin/env bash
# Everything that can be told without starting the platform, under a minute warm.
set -euo pipefail
cd "$(dirname "$0")/.."
export DUOKUA_HOME; DUOKUA_HOME=$(mktemp -d); trap 'rm -rf "$DUOKUA_HOME"' EXIT
bin=.venv/bin
step() { printf '\n== %s\n' "$*"; "$@"; }
step $bin/ruff format --check .
step $bin/ruff check .
step $bin/mypy
step $bin/lint-imports --no-cache
step $bin/duokua pack check packs/*
DJANGO_SETTINGS_MODULE=duokua.project.settings step $bin/python -m django makemigrations --check --dry-run
# What needs a database, is a campaign or is slow by its nature is `make test`'s: this has a minute.
step $bin/pytest -q -n 2 tests/unit tests/spec tests/architecture -p no:cacheprovider \
    -m "not django_db and not campaign and not slow"

#!/usr/bin/env bash
# Builds the demonstration district once, then starts everything.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$1" != none ] && [ ! -f "$DUOKUA_HOME/demo.json" ]; then
  .venv/bin/duokua demo build --scale "$1"
fi
exec .venv/bin/duokua run

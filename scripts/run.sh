#!/usr/bin/env bash
# Builds the demonstration district once, then starts everything.
set -euo pipefail
cd "$(dirname "$0")/.."
# Its counts are told at the very end: a build that was cut short is taken up.
if [ "$1" != none ] && ! grep -qs '"counts"' "$DUOKUA_HOME/demo.json"; then
  .venv/bin/duokua demo build --scale "$1"
fi
exec .venv/bin/duokua run

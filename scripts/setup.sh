#!/usr/bin/env bash
# Sets up what a fresh machine lacks: uv, a fast Python, the locked dependencies, messages.
#   scripts/setup.sh run    what `make run` needs
#   scripts/setup.sh test   that, and what the tests need (as root on Debian by apt; else it says what is left out)
set -euo pipefail
cd "$(dirname "$0")/.."
goal=${1:-run}
say() { printf '  %s\n' "$*" >&2; }

apt_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "${APT_UPDATED:-}" ]; then apt-get update -qq || true; APT_UPDATED=1; fi
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
  local name
  for name in /usr/bin/python3.12 /usr/bin/python3.11 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null &&
       "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
      command -v "$name"; return
    fi
  done
  return 1
}

python=$(find_python) || { apt_install python3 python3-venv && python=$(find_python); } || {
  say '需要 Python 3.11 或 3.12。Python 3.11 or 3.12 is needed: install it and try again.'; exit 1; }

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  if [ ! -x .tools/bin/uv ]; then
    say '安装 uv · installing uv'
    "$python" -m venv .tools 2>/dev/null || { rm -rf .tools; apt_install python3-venv && "$python" -m venv .tools; }
    .tools/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
  fi
  uv=.tools/bin/uv
fi

stamp=.venv/.set-up-$goal
fresh=$(cat uv.lock pyproject.toml scripts/setup.sh | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$fresh" ]; then
  say '安装锁定的依赖 · installing locked dependencies'
  groups=(--no-default-groups); [ "$goal" = run ] || groups=()
  [ "$goal" = run ] && [ -f .venv/.set-up-test ] && groups=()   # keep what the tests need
  "$uv" sync --quiet --locked --python "$python" "${groups[@]}"
  .venv/bin/python -m compileall -q -j 0 .venv/lib src || true   # the first start would do it, slower
  DJANGO_SETTINGS_MODULE=duokua.project.settings .venv/bin/python -m duokua.project.messages
  echo "$fresh" > "$stamp"
fi
[ "$goal" = run ] && exit 0

# An attacker's tool (GPL) that only tests run: a program beside the project, none of its libraries.
sqlmap=sqlmap==1.10.10
if [ "$goal" = test ] && [ "$(cat .tools/sqlmap/.version 2>/dev/null)" != "$sqlmap" ]; then
  "$uv" venv --quiet --clear --python "$python" .tools/sqlmap &&
    "$uv" pip install --quiet --python .tools/sqlmap "$sqlmap" && echo "$sqlmap" > .tools/sqlmap/.version ||
    say "未能安装 could not install $sqlmap; 相关测试将略过 the tests that need it are left out"
fi

missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
fc-list 2>/dev/null | grep -qi 'noto.*cjk' || missing+=(fonts-noto-cjk)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || missing+=(mariadb-server)
PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null || missing+=(mosquitto)
command -v curl >/dev/null || missing+=(curl)
command -v node >/dev/null || missing+=(nodejs)              # the examples of an interface's page run
command -v java >/dev/null || missing+=(default-jdk-headless)
if [ "$goal" = bench ]; then command -v wrk >/dev/null || missing+=(wrk); fi
if [ ${#missing[@]} -gt 0 ]; then
  say "安装 · installing ${missing[*]}"
  apt_install "${missing[@]}" || say "未能安装 could not install: ${missing[*]}; 相关测试将按名列出并略过 the tests that need them are named and left out"
fi

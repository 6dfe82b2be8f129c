"""The whole path with its metadata on PostgreSQL: build, grant, call, revoke, doctor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from platforms import running_platform

pytestmark = pytest.mark.postgres
DUOKUA = str(Path(sys.executable).parent / "duokua")


def run(environ: dict[str, str], *command: str) -> str:
    """Run one command; return what it printed."""
    done = subprocess.run(
        [DUOKUA, *command], env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def call(url: str, token: str) -> int:
    """Return the status of a governed call."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def token_of(base: str, client: dict[str, str]) -> str:
    """Return a token of a demonstration client."""
    form = {
        "grant_type": "client_credentials",
        **{n: client[n] for n in ("client_id", "client_secret")},
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{base}/oauth/token", body, timeout=30) as answer:
        token: str = json.load(answer)["access_token"]
        return token


def test_a_district_on_postgresql_serves_and_revokes(database_url: str, tmp_path: Path) -> None:
    environ = {**os.environ, "DUOKUA_HOME": str(tmp_path), "DUOKUA_DATABASE_URL": database_url}
    run(environ, "demo", "build", "--scale", "small")
    run(environ, "demo", "build", "--scale", "small")  # a second build changes nothing
    assert not (tmp_path / "duokua.sqlite3").exists()
    demo = json.loads((tmp_path / "demo.json").read_text())
    client = next(c for c in demo["clients"] if c["client_id"] == "safety_watch")
    with running_platform(environ) as base:
        token = token_of(base, client)
        url = f"{base}/data/site_worker_by_id?worker_id=100007"
        assert call(url, token) == 200
        grants = json.loads(run(environ, "grant", "list", "--client", "safety_watch", "--json"))
        grant = next(g for g in grants if g["interface"] == "site_worker_by_id")
        told = json.loads(
            run(environ, "grant", "revoke", grant["id"], "--reason", "test", "--json")
        )
        assert told["grant"] == grant["id"]
        assert call(url, token) == 403
    found = json.loads(run(environ, "doctor", "--json"))
    states = {finding["check"]: finding["state"] for finding in found}
    assert states["database"] == "ok" and states["policy"] == "ok"

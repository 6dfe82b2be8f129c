"""sqlmap on every parameter of every shape: no injection. It finds one that was planted.

The tool is run as a program from an environment of its own (``scripts/setup.sh test`` puts it there).
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from attacks import worlds
from attacks.parties import Cast, Thing, build, interface
from duokua.lang.interface import Shape
from gateway.world import Gateway, Home
from ledgers import EFFORT

SQLMAP = Path(__file__).parents[2] / ".tools" / "sqlmap" / "bin" / "sqlmap"
WHOLE = EFFORT > 1
LEVEL = ("5", "3") if WHOLE else ("2", "1")
TECHNIQUES = "BEUSTQ" if WHOLE else "BEU"  # stacked, timed and inline ones wait for the night
pytestmark = [
    pytest.mark.xdist_group("attacks_sqlmap"),
    pytest.mark.campaign,
    pytest.mark.skipif(not SQLMAP.exists(), reason="sqlmap is not there: scripts/setup.sh test"),
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with something of every kind."""
    home = Home(tmp_path_factory.mktemp("sqlmap"))
    build(home)
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def token(gateway: Gateway) -> str:
    """The token of somebody with a grant on everything that is ``mine``."""
    holder = next(actor for actor in Cast(gateway).actors() if actor.name == "holder")
    return holder.headers["Authorization"]


def attack(url: str, folder: Path, *more: str) -> str:
    """Run sqlmap on one address; return what it says, having found nothing."""
    command = [
        str(SQLMAP), "--batch", "--url", url, "--output-dir", str(folder), "--disable-coloring",
        "--level", LEVEL[0], "--risk", LEVEL[1], "--technique", TECHNIQUES, "--threads", "4",
        "--flush-session", "--timeout", "20", "--retries", "1", "--time-sec", "2",
        "--ignore-code", "*", *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    told = done.stdout + done.stderr
    assert "all tested parameters do not appear to be injectable" in told, told[-4000:]
    assert "injection point(s)" not in told, told[-4000:]
    return told


def _calls() -> Iterator[tuple[str, list[str]]]:
    """Yield a path with parameters and further arguments for each shape."""
    yield f"/data/{Thing('mine', Shape.LOOKUP).id}?id=1", ["-p", "id"]
    check = Thing("mine", Shape.VERIFY).id
    yield f"/data/{check}?id=1&area=D1", ["-p", "id,area" if WHOLE else "area"]
    page = Thing("mine", Shape.PAGE)
    for parameter in interface(page).parameters if WHOLE else interface(page).parameters[6:7]:
        if parameter.column in worlds.GRANTED:
            value = "1" if parameter.column == "id" else "D1"
            yield f"/data/{page.id}?{parameter.name}={value}&limit=1", ["-p", parameter.name]
    for name in ("limit", "cursor", "format") if WHOLE else ():
        yield f"/data/{page.id}?area_eq=D1&{name}=1", ["-p", name]
    query = {"where": {"field": "area", "op": "eq", "value": "D1*"}, "limit": 1}
    if WHOLE:
        query |= {"order": [{"field": "id*", "dir": "asc*"}], "select": ["id*"]}
    yield f"/data/{page.id}/query", ["--data", json.dumps(query)]
    yield "/data/?q=m&limit=5", ["-p", "q"]


@pytest.mark.timeout(600 if not WHOLE else 6 * 3600)
def test_no_parameter_of_an_interface_can_be_injected(
    gateway: Gateway, token: str, tmp_path: Path
) -> None:
    sound = ["--header", f"Authorization: {token}"]
    for path, more in _calls():
        headers = (
            sound
            if "--data" not in more
            else [*sound, "--headers", "Content-Type: application/json"]
        )
        attack(f"http://127.0.0.1:{gateway.port}{path}", tmp_path, *headers, *more)
    log = gateway.log.read_text()
    assert "a call failed" not in log, log[-2000:]


class _Hole(BaseHTTPRequestHandler):
    """An interface such as nobody should write: the caller's text becomes part of a statement."""

    def do_GET(self) -> None:
        id_ = parse_qs(urlsplit(self.path).query).get("id", ["1"])[0]
        with closing(sqlite3.connect(":memory:")) as base:
            base.execute("create table person as select 1 as id, '" + worlds.MARK + "' as name")
            try:
                rows = base.execute(f"select id from person where id = {id_}").fetchall()
            except sqlite3.Error:
                rows = []
        body = json.dumps({"rows": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_a_hole_is_found(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hole) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(AssertionError, match=r"injectable|injection point"):
                attack(f"http://127.0.0.1:{server.server_port}/?id=1", tmp_path, "-p", "id")
        finally:
            server.shutdown()

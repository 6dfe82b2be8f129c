"""Schemathesis against the gateway's own description: nothing undeclared, unguarded or broken."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.parties import Cast, build
from gateway.world import Gateway, Home
from ledgers import EFFORT

EXAMPLES = 5 * EFFORT
# A description cannot say that a cursor is sealed, or that one claim of several is needed.
LEFT_OUT = "positive_data_acceptance"
PEERS = ("holder", "statistics")  # two grants on the same interfaces
pytestmark = [pytest.mark.xdist_group("attacks_described"), pytest.mark.campaign]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with something of every kind."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    build(home)
    started = Gateway(home).start()
    yield started
    assert started.stop() == 0
    log = started.log.read_text()
    assert "a call failed" not in log, log


@pytest.mark.timeout(900 * EFFORT)
def test_the_description_holds(gateway: Gateway, tmp_path: Path, seed: int) -> None:
    """Every check that the tool has, those of authorization with two peers among them."""
    print(f"seed {seed}")
    headers = {actor.name: actor.headers for actor in Cast(gateway).actors()}
    document = tmp_path / "openapi.json"
    document.write_bytes(gateway.ask("/data/openapi.json", headers=headers["holder"]).body)
    known = [
        {"name": name, "fixedHeaders": [{"name": n, "value": v} for n, v in headers[name].items()]}
        for name in PEERS
    ]
    peers = tmp_path / "peers.json"
    peers.write_text(json.dumps({"auth": known}))
    command = [
        str(Path(sys.executable).parent / "st"), "run", str(document),
        "--url", f"http://127.0.0.1:{gateway.port}", "--auth-wfc", str(peers),
        "--checks", "all", "--exclude-checks", LEFT_OUT, "--max-examples", str(EXAMPLES),
        "--seed", str(seed), "--suppress-health-check", "all", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"Tested: {_operations(document)}" in done.stdout, done.stdout[-3000:]


def _operations(document: Path) -> int:
    paths = json.loads(document.read_text())["paths"].values()
    return sum(method in ("get", "post", "delete") for path in paths for method in path)

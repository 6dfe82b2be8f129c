"""kill -9 of workers while they provision, and eight threads at once: one grant for each request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.world import Gateway, Home, wait_for

EFFORT = int(os.environ.get("EFFORT", "1"))
SERVER = Path(__file__).with_name("provision_server.py")
PLACES = (
    "duokua.exchange.actions._retire",  # before the grant
    "duokua.exchange.policy.publish",  # grant and link written, nothing published
    "duokua.exchange.facade.probe_open",  # published
    "duokua.store.actions.provision.move",  # probed
    "duokua.store.actions.provision.finish",  # in use
)


class Provisioning:
    """A home with a gateway, and the commands of the server beside it."""

    def __init__(self, home: Home, gateway: Gateway) -> None:
        self.gateway = gateway
        self.path = home.path
        self.environ = os.environ | {
            "DUOKUA_HOME": str(home.path), "DUOKUA_PORT": str(gateway.port),
            "PYTHONPATH": os.pathsep.join([str(SERVER.parent.parent), *sys.path]),
        }  # fmt: skip

    def run(self, verb: str, *more: str) -> list[dict[str, Any]]:
        """Run a command to its end; return the JSON lines that it told."""
        done = subprocess.run(
            self._command(verb, *more),
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def worker(self, place: str = "") -> subprocess.Popen[str]:
        """Start a worker and wait until it works."""
        worker = subprocess.Popen(
            self._command("work", place), env=self.environ, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        with worker.stdout as told:
            assert told.readline() == "ready\n"
        return worker

    def state(self) -> dict[str, Any]:
        """Return what stands."""
        return self.run("state")[0]

    def cared_for(self) -> bool:
        """Do the regular care once, as every minute does; tell whether all are in use."""
        self.run("mend")
        return set(self.state()["requests"].values()) == {"in_use"}

    def _command(self, verb: str, *more: str) -> list[str]:
        return [sys.executable, str(SERVER), verb, str(self.path), *more]


@pytest.fixture
def provisioning(tmp_path: Path) -> Iterator[Provisioning]:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    gateway = Gateway(home).start()
    there = Provisioning(home, gateway)
    there.run("set_up")
    yield there
    gateway.stop()


def check_one_grant_each(told: dict[str, Any]) -> None:
    """Each request is in use by a grant of its own, each probed through the gateway once or more."""
    assert set(told["requests"].values()) == {"in_use"}, told["requests"]
    assert sorted(told["linked"].values()) == sorted(told["grants"])
    assert set(told["grants"].values()) == {"active"}
    assert sorted(told["begun"]) == sorted(told["requests"])  # once each
    assert all(passed for _, _, passed, _ in told["probes"])
    ways = {check["way"] for *_, checks in told["probes"] for check in checks}
    assert ways == {"gateway"}
    assert told["drift"] == 0


def test_killed_at_every_step_a_request_opens_one_grant(provisioning: Provisioning) -> None:
    """Also when the same job is killed until it is given up: the regular care brings it back."""
    brought = provisioning.run("bring", str(1 + EFFORT))
    for place in PLACES:
        worker = provisioning.worker(place)
        assert worker.wait(60) == -signal.SIGKILL, place
    worker = provisioning.worker()
    try:
        wait_for(provisioning.cared_for, "the provisioning")
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
    check_one_grant_each(provisioning.state())
    for one in brought:
        token = provisioning.gateway.token(one["client"], one["secret"])
        rows = provisioning.gateway.ask("/data/crew_list", token=token).rows
        assert {row["trade"] for row in rows} == {"crane"}
        assert {tuple(sorted(row)) for row in rows} == {("crew_no", "site", "trade")}


def test_eight_threads_provision_the_same_requests(provisioning: Provisioning) -> None:
    provisioning.run("race", str(2 * EFFORT))
    told = provisioning.state()
    check_one_grant_each(told)
    assert sorted(told["approved"]) == sorted(told["requests"])  # one approval won

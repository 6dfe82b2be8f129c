"""Eight threads on the same decisions: each is taken once, each request is provisioned once at most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledgers import EFFORT

SERVER = Path(__file__).with_name("deciding_server.py")
REQUESTS = 50 * EFFORT
GRANTED = ("agreed", "narrowed")


def race(home: Path, **more: str) -> dict[str, Any]:
    """Run a race in a process of its own; return what it told."""
    environ = os.environ | more
    environ["PYTHONPATH"] = os.pathsep.join([str(SERVER.parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(SERVER), str(home), str(REQUESTS)],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def check(told: dict[str, Any]) -> None:
    """Hold what stands against what happened."""
    assert len(told["requests"]) == REQUESTS
    assert sum(told["endings"].values()) == 8 * REQUESTS
    written = Counter(
        (request, detail["step"])
        for request, verb, _, detail in told["events"]
        if verb.startswith("store.step.") and "step" in detail
    )
    assert set(written.values()) == {1}  # no decision was taken twice
    assert sum(written.values()) + _withdrawn(told) == told["endings"]["won"]
    begun = Counter(r for r, verb, *_ in told["events"] if verb == "store.request.provisioning")
    standing = {r for r, state in told["requests"].items() if state == "provisioning"}
    assert begun == dict.fromkeys(standing, 1) == Counter(told["jobs"])  # no double grant
    for request in standing:
        states = [s for r, kind, s, *_ in told["steps"] if r == request]
        assert all(state in GRANTED for state in states)
        less = any(s == "narrowed" for r, _, s, *_ in told["steps"] if r == request)
        assert ("name" in told["decided"][request]["columns"]) is not less
    ended = set(told["requests"].values())
    assert "provisioning" in ended and len(ended) > 1  # the others won somewhere as well


def _withdrawn(told: dict[str, Any]) -> int:
    return sum(verb == "store.request.withdrawn" for _, verb, *_ in told["events"])


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_eight_threads_decide_the_same_requests(tmp_path: Path) -> None:
    check(race(tmp_path / "home"))

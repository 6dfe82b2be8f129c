"""Scenarios of the demonstration (演示场景): packs installed, their rules run, some cases walked on.

Rules read through the gateway as everybody does; while none runs, one is started for that moment.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from duokua.exchange import policy
from duokua.kernel.environment import Environment
from duokua.kernel.errors import Unavailable
from duokua.kernel.processes import PARENT
from duokua.kernel.text import Text
from duokua.loop.drawing.plan import FILE as OUTLINE
from duokua.loop.facade import rules
from duokua.pack import facade as packs
from duokua.pack.folder import files_of
from duokua.project.demo.case_walks import walk
from duokua.project.demo.filling import BY, Progress

Told = dict[str, Any]
PACKS = ("demo_lift", "demo_dust")
_WAIT_S, _PAUSE_S = 60.0, 0.05
# The synthetic district, schematic: a bend of a river in the north, hills in the south.
_RING = (
    (120.118, 30.152), (120.124, 30.176), (120.146, 30.196), (120.176, 30.214), (120.206, 30.226),
    (120.236, 30.222), (120.252, 30.204), (120.248, 30.182), (120.236, 30.160), (120.222, 30.142),
    (120.196, 30.134), (120.164, 30.138), (120.136, 30.140), (120.118, 30.152),
)  # fmt: skip


def install_all(told: Told, settings: Environment, now: datetime, say: Progress) -> None:
    """Install the packs, run their rules and walk some cases on; once.

    :raises Unavailable: no gateway could be started to read through.
    """
    if told.get("scenarios"):
        return
    say("场景与事件 scenarios and cases", 0, 1)
    _draw_outline(settings.home)
    for name in PACKS:
        packs.install(files_of(settings.packs / name), by=BY, now=now)
    with gateway(settings):
        for name in PACKS:
            rules.evaluate(name, whole=True, now=now)
        walk(now)
    told["scenarios"] = list(PACKS)


def _draw_outline(home: Path) -> None:
    """Write the synthetic outline; a district that has its own keeps it."""
    path = home / OUTLINE
    if not path.exists():
        ring = [list(place) for place in _RING]
        path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))


@contextlib.contextmanager
def gateway(settings: Environment) -> Iterator[None]:
    """Let there be a gateway: the one that runs, else one of our own on a free port."""
    with policy.store() as store:
        runs = store.served()
    if runs:
        yield
        return
    before = os.environ.get("DUOKUA_PORT")
    os.environ["DUOKUA_PORT"] = str(_free_port())  # read by whoever calls it
    log = settings.home / "logs" / "gateway-demo.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as into:
        child = subprocess.Popen(
            [sys.executable, "-m", "duokua.gateway"],
            stdin=subprocess.DEVNULL, stdout=into, stderr=into,
            env={**os.environ, PARENT: str(os.getpid())},
        )  # fmt: skip
    try:
        _await(child, int(os.environ["DUOKUA_PORT"]))
        yield
    finally:
        child.terminate()
        child.wait(_WAIT_S)
        if before is None:
            del os.environ["DUOKUA_PORT"]
        else:
            os.environ["DUOKUA_PORT"] = before


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(child: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _WAIT_S
    while child.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(_PAUSE_S)
        finally:
            connection.close()
    raise Unavailable(
        Text("演示用网关没有启动", "the gateway for the demonstration did not start"),
        Text("请查看 logs/gateway-demo.jsonl", "see logs/gateway-demo.jsonl"),
    )

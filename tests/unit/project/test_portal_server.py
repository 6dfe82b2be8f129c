"""The portal as a process: it answers on its socket and does not outlive its supervisor."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_SUPERVISOR = (
    "import subprocess, sys\n"
    "portal = subprocess.Popen([sys.executable, '-m', 'duokua.project.portal_server'])\n"
    "print(portal.pid, flush=True)\n"
    "sys.exit(portal.wait())\n"
)
_PATIENCE_S = 60.0


def ask(path: Path) -> bytes:
    """Return the status line of the health page, empty when nobody listens."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
            line.sendall(
                b"GET /portal-health HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n"
            )
            return line.makefile("rb").readline()
        except OSError:
            return b""


def wait_for(met: Callable[[], bool]) -> None:
    """Poll until ``met``, with a generous end."""
    end = time.monotonic() + _PATIENCE_S
    while not met():
        assert time.monotonic() < end, "did not happen in a minute"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["crash", "stop"])
def test_the_portal_ends_with_its_supervisor(tmp_path: Path, ending: signal.Signals) -> None:
    env = {**os.environ, "DUOKUA_HOME": str(tmp_path), "PYTHONWARNINGS": "default"}
    path = tmp_path / "run" / "portal.sock"
    with subprocess.Popen(
        [sys.executable, "-c", _SUPERVISOR],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        portal = int(supervisor.stdout.readline())
        wait_for(lambda: ask(path).startswith(b"HTTP/1.1 204"))
        assert path.stat().st_mode & 0o777 == 0o600
        if ending is signal.SIGKILL:
            supervisor.kill()
        else:
            os.kill(portal, signal.SIGTERM)
            assert supervisor.wait(timeout=_PATIENCE_S) == 0
        wait_for(lambda: ask(path) == b"")

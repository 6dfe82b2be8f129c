"""The whole platform as a subprocess, on a free port, for tests that need all of it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

DUOKUA = str(Path(sys.executable).parent / "duokua")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_platform(environ: Mapping[str, str]) -> Iterator[str]:
    """Start ``duokua run``; yield its address once it is ready; stop it as Ctrl-C does."""
    port = free_port()
    told = {**environ, "DUOKUA_PORT": str(port)}
    with subprocess.Popen(
        [DUOKUA, "run", "--json"], env=told, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "ready" in json.loads(line or "{}"), line
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0

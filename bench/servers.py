"""Servers under test, each as its users start it, on a free port of loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_CONSTANT = """
import asyncio, os, sys, uvloop, gc
from granian.constants import Interfaces, TaskImpl
from granian.server.embed import Server

BODY = sys.argv[2].encode()
HEADERS = [("content-type", "application/json"), ("cache-control", "no-store"),
           ("x-content-type-options", "nosniff"), ("duokua-receipt", "r-1")]

async def app(scope, proto):
    proto.response_bytes(200, HEADERS, BODY)

async def main():
    gc.collect(); gc.freeze()
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # as the gateway does
    await Server(app, port=int(sys.argv[1]), interface=Interfaces.RSGI, task_impl=TaskImpl.rust,
                 backlog=2048, websockets=False, log_enabled=False).serve()

uvloop.run(main())
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], port: int, path: str, environ: dict[str, str] | None = None
) -> Iterator[int]:
    """Start ``command``, wait until ``path`` answers, yield the port, stop it."""
    process = subprocess.Popen(
        command, env={**os.environ, **(environ or {})},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await(process, f"http://127.0.0.1:{port}{path}")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            return  # it answers, if only with a refusal
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def constant(body: str) -> AbstractContextManager[int]:
    """The same server as the gateway's, answering ``body``."""
    port = free_port()
    return running([sys.executable, "-c", _CONSTANT, str(port), body], port, "/")


def gateway(home: Path) -> AbstractContextManager[int]:
    """The gateway alone."""
    port = free_port()
    environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
    return running([sys.executable, "-m", "duokua.gateway"], port, "/healthz", environ)


def token(port: int, client: str, secret: str) -> str:
    """Get an access token."""
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/oauth/token", urllib.parse.urlencode(form).encode()
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        told: str = json.load(response)["access_token"]
        return told

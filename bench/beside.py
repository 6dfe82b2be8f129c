"""Two things at once: exports beside look-ups, and look-ups beside a busy portal."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import loads, servers
from bench.loads import Load

PACED_PER_S = 500
EXPORTS = 5


def exports_beside_lookups(port: int, token: str, rows: int) -> dict[str, float]:
    """Export all rows as Arrow and CSV while look-ups come at a steady pace; rows/s and p99.

    The look-ups come from a process of their own: in this one they would wait for its lock.
    """
    told: dict[str, float] = {"lookups_beside_per_s": PACED_PER_S}
    for format_ in ("arrow", "csv"):
        rates = []
        paced = subprocess.Popen(
            [sys.executable, "-m", "bench.paced", str(port), token, str(rows), str(PACED_PER_S)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(1)
        for _ in range(EXPORTS):
            start = time.perf_counter()
            _drain(port, token, f"/data/persons?limit=all&format={format_}")
            rates.append(rows * 0.98 / (time.perf_counter() - start))  # one in fifty is hidden
        out, _ = paced.communicate("stop\n")
        told[f"{format_}_rows_per_s"] = round(statistics.median(rates))
        for name, value in json.loads(out).items():
            told[f"lookups_{name}_beside_{format_}"] = value
    return told


def _drain(port: int, token: str, path: str) -> None:
    """Read an answer to its end and throw it away, as cheaply as can be."""
    call = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as channel:
        channel.sendall(call.encode())
        first = channel.recv(65_536)
        if b" 200 " not in first.partition(b"\r\n")[0]:
            raise RuntimeError(f"the export was refused: {first!r}")
        last = b""
        while size := channel.recv_into(buffer):
            last = bytes(buffer[max(0, size - 5) : size])
        if last != b"0\r\n\r\n":
            raise RuntimeError("the export was cut off")


def portal_busy(*, token_for: str, rows: int, home: Path, seconds: float, connections: int) -> Load:
    """Look up keys while one visitor asks the portal for page after page, through the same port."""
    port = servers.free_port()
    environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
    command = [sys.executable, "-c", "from duokua.project.entry import main; main()", "run"]
    with servers.running(command, port, "/sign-in/", environ):
        token = servers.token(port, "bench", token_for)
        visitor = subprocess.Popen(
            ["wrk", "-t1", "-c1", f"-d{seconds + 2:g}s", f"http://127.0.0.1:{port}/sign-in/"],
            stdout=subprocess.DEVNULL, env={**os.environ},
        )  # fmt: skip
        try:
            time.sleep(0.5)
            return loads.drive(port, "/data/person_by_id?id={}", keys=rows, token=token,
                               connections=connections, seconds=seconds)  # fmt: skip
        finally:
            visitor.wait()

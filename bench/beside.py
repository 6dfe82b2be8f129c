"""Two things at once: exports beside look-ups, and look-ups beside a busy portal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from bench import loads, servers
from bench.loads import Load

PACED_PER_S = 500
_LINES = b"GET /data/person_by_id?id=%d HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %b\r\n\r\n"


def exports_beside_lookups(port: int, token: str, rows: int) -> dict[str, float]:
    """Export all rows as Arrow and CSV while look-ups come at a steady pace; rows/s and p99."""
    told: dict[str, float] = {"lookups_beside_per_s": PACED_PER_S}
    for format_ in ("arrow", "csv"):
        rates, paced = [], PacedLookups(port, token, rows)
        paced.start()
        for _ in range(3):
            start = time.perf_counter()
            _drain(port, token, f"/data/persons?limit=all&format={format_}")
            rates.append(rows * 0.98 / (time.perf_counter() - start))  # one in fifty is hidden
        paced.stop()
        told[f"{format_}_rows_per_s"] = round(sorted(rates)[1])
        told[f"lookups_p99_ms_beside_{format_}"] = round(paced.p99_ms(), 2)
    return told


def _drain(port: int, token: str, path: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Authorization", f"Bearer {token}")
    buffer = bytearray(1 << 20)
    with urllib.request.urlopen(request, timeout=120) as response:
        while response.readinto(buffer):
            pass


class PacedLookups(threading.Thread):
    """One connection that looks keys up at a steady pace and keeps each latency."""

    def __init__(self, port: int, token: str, rows: int) -> None:
        super().__init__(daemon=True)
        self._port, self._token, self._rows = port, token.encode(), rows
        self._stopping = threading.Event()
        self._seconds: list[float] = []

    def run(self) -> None:
        """Ask until stopped; a late answer makes the next ones late, and that counts."""
        with socket.create_connection(("127.0.0.1", self._port)) as channel:
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            due = time.perf_counter()
            while not self._stopping.is_set():
                due += 1 / PACED_PER_S
                time.sleep(max(0.0, due - time.perf_counter()))
                key = int(due * 1e6) % self._rows
                channel.sendall(_LINES % (key, self._token))
                if b" 200 " not in channel.recv(65_536).partition(b"\r\n")[0]:
                    raise RuntimeError("a look-up beside the export failed")
                self._seconds.append(time.perf_counter() - due)

    def stop(self) -> None:
        """End and wait."""
        self._stopping.set()
        self.join()

    def p99_ms(self) -> float:
        """Return the 99th percentile in milliseconds."""
        ordered = sorted(self._seconds)
        return ordered[int(len(ordered) * 0.99)] * 1000


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

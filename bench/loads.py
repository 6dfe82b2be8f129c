"""Load on loopback with wrk: one thread, a stated number of connections, random keys, equal headers."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run gave; latencies in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int
    connections: int


def have_wrk() -> bool:
    """Tell whether wrk is installed (Debian package ``wrk``)."""
    return shutil.which("wrk") is not None


def drive(
    port: int,
    path: str,
    *,
    keys: int = 0,
    token: str | None = None,
    connections: int = 64,
    seconds: float = 5,
) -> Load:
    """Run wrk against ``path``; ``{}`` in it becomes a random whole number below ``keys``."""
    before, _, after = path.partition("{}")
    place = f'"{before}"..math.random(0,{keys - 1}).."{after}"' if keys else f'"{path}"'
    script = (
        f"math.randomseed(20261122)\nrequest = function() return wrk.format('GET', {place}) end\n"
    )
    if token:
        script += f'wrk.headers["Authorization"] = "Bearer {token}"\n'
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "30s",
             "-s", file.name, f"http://127.0.0.1:{port}"],
            capture_output=True, text=True, check=True, timeout=seconds + 60,
        ).stdout  # fmt: skip
    return _read(out, connections)


def _read(out: str, connections: int) -> Load:
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", out))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    bad = int(refused[1]) if refused else 0
    bad += sum(map(int, errors.groups())) if errors else 0
    return Load(rate, _latency("50%", out), _latency("99%", out), bad, connections)


def _found(pattern: str, out: str) -> str:
    match = re.search(pattern, out)
    if match is None:
        raise RuntimeError(f"wrk printed no {pattern!r}:\n{out}")
    return match[1]


def _latency(share: str, out: str) -> float:
    match = re.search(rf"{share}\s+([\d.]+)(us|ms|s|m)\b", out)
    if match is None:
        raise RuntimeError(f"wrk printed no {share} latency:\n{out}")
    return float(match[1]) * _UNITS[match[2]]


def scratch(name: str) -> Path:
    """Return an empty folder under ``bench/scratch``."""
    folder = Path(__file__).parent / "scratch" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

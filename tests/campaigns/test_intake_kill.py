"""Events through restarts, repeats, disorder and killed intakes: each believed one is there once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from duokua.engine import delta
from duokua.engine.livefeed import live_path, open_live
from duokua.kernel import clock
from ledgers import EFFORT
from sensing_world import arrival, arrive, reading

SCHEDULES = 2 * EFFORT
SERVER = Path(__file__).with_name("intake_server.py")


def command(verb: str, home: Path) -> list[str]:
    """Return a command line."""
    return [sys.executable, str(SERVER), verb, str(home)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(SERVER.parent.parent))
    subprocess.run(command("set_up", tmp_path), check=True)
    return tmp_path


def landed(home: Path) -> list[tuple[str, int]]:
    """Return what is in the lake, read beside Django."""
    files = delta.head(home / "lake" / "crane_reading").files
    rows = pq.read_table([str(f) for f in files], columns=["device_id", "seq"]) if files else None
    return [(r["device_id"], r["seq"]) for r in rows.to_pylist()] if rows is not None else []


class Oracle:
    """What is to be believed: the numbers of each crane, each once, unless it came too late."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.wanted: set[tuple[str, int]] = set()
        self.refused = 0
        self._next = {"C1": 1, "C2": 1}
        self._sent: list[dict[str, Any]] = []

    def messages(self) -> list[tuple[str, list[object]]]:
        """Return messages of senders: fresh events, some sent again, shuffled, some poison."""
        told = []
        for name in self._next:
            events: list[object] = []
            for _ in range(self.random.randrange(1, 40)):
                number, self._next[name] = self._next[name], self._next[name] + 1
                at = clock.now()
                if self.random.random() < 0.05:
                    events.append(reading(name, number, at.replace(year=at.year - 1)))
                    self.refused += 1
                    continue
                event = reading(name, number, at, wind_speed=self.random.random() * 9)
                self.wanted.add((name, number))
                self._sent.append(event)
                events.append(event)
            again = [e for e in self.random.sample(self._sent, min(5, len(self._sent)))
                     if e["device_id"] == name]  # fmt: skip
            events += again
            if self.random.random() < 0.3:
                events.append(b'{"poison"')
            self.random.shuffle(events)
            told.append((name, events))
        return told


def shown(home: Path) -> list[tuple[str, int]]:
    reader = open_live(live_path(home / "events", "crane_reading"))
    try:
        rows = reader.execute("select device_id, seq from now.rows").fetchall()
        return [(str(name), int(str(number))) for name, number in rows]
    finally:
        reader.close()


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_each_event_is_believed_once_whatever_is_killed(seed: int, home: Path) -> None:
    oracle, log = Oracle(seed), home / "intake.log"

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as into:
            started = subprocess.Popen(command("work", home), stdout=subprocess.PIPE, stderr=into)
        assert started.stdout is not None
        with started.stdout as told:
            assert told.readline() == b"ready\n", log.read_text()
        return started

    process = start()
    try:
        for _ in range(5):
            for _ in range(4):
                for name, events in oracle.messages():
                    arrive(arrival(name, *events, at=clock.now()))
                time.sleep(oracle.random.random() * 0.3)
            process.kill()
            process.wait()
            process = start()
        until = time.monotonic() + 60
        while time.monotonic() < until and len(landed(home)) < len(oracle.wanted):
            time.sleep(0.2)
        time.sleep(0.6)  # nothing more comes
    finally:
        process.kill()
        process.wait()
    assert sorted(landed(home)) == sorted(oracle.wanted), log.read_text()[-3000:]
    assert sorted(shown(home)) == sorted(oracle.wanted)

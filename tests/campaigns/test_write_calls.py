"""Death, a full disk and a broken one at every call that writes: nothing lost, doubled or torn.

A command is added to ``COMMANDS`` of the server; here it is told by how many batches it adds.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from campaigns.write_call_server import ASIDE, DATASET, GATE, ROWS
from campaigns.write_calls import SUPPORTED, Call, WriteCalls
from duokua.engine import delta
from duokua.engine.index import open_index
from duokua.engine.manifest import MANIFEST, read_manifest
from duokua.lake import places

EFFORT = int(os.environ.get("EFFORT", "1"))
POINTS = 5  # of each command; with an effort of 10, every call
SERVER = Path(__file__).with_name("write_call_server.py")
INTERFACE = "flow_by_id"
ADDS = {"append": 1, "upsert": 1, "compact": 0}

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not SUPPORTED, reason="the tracer knows Linux on x86-64 only"),
]


@dataclass(slots=True)
class Lake:
    """A home, the process that works in it, and how many batches are surely in it."""

    home: Path
    process: subprocess.Popen[str]
    batches: int = 0

    def work(self, command: str) -> None:
        """Let a command end by itself."""
        self._tell(command, traced=False)
        self._line()
        assert self._line() == "done"
        assert self._line() == "ended 0"
        self.batches += ADDS[command]

    def stop(self, command: str, at: int, error: int = 0) -> tuple[list[Call], str]:
        """Stop a command at a call; return all calls and what it said, nothing if it was killed."""
        self._tell(command, traced=True)
        tracer = WriteCalls(int(self._line()), self.home, at=at, error=error)
        gate = os.open(self.home.parent / GATE, os.O_RDWR)  # both ends, so that nobody waits
        code = tracer.run(lambda: os.write(gate, b"!"))
        os.close(gate)
        told = "" if code else self._line()
        assert self._line() == f"ended {code}"
        assert code in (0, -signal.SIGKILL)
        assert (code == 0) == (told != "")
        return tracer.calls, told

    def _tell(self, command: str, *, traced: bool) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command} {self.batches} {int(traced)}\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def check(self, most: int) -> None:
        """See that some whole state is visible: all that was acknowledged, or one batch more."""
        head = delta.head(places.table(DATASET))
        rows = shown(head.files)
        assert rows == expected(len(rows) // ROWS)
        assert self.batches <= len(rows) // ROWS <= self.batches + most
        assert (head.rows, head.stats.of("id").least) == (len(rows), 0)
        assert head.stats.of("id").greatest == len(rows) - 1
        self.batches = len(rows) // ROWS
        self.check_aside()
        self.check_index(self.batches)

    def check_aside(self) -> None:
        """Every batch that landed has set its bad rows aside; of others at most one is left."""
        named = set()
        for _, note in delta.notes(places.table(DATASET), -1):
            told = json.loads(note)
            if "aside" in told:
                file = places.quarantine(DATASET) / told["aside"]["file"]
                raw = [row["raw"]["id"] for row in pq.read_table(file).to_pylist()]
                assert raw == [f"bad {told['batch'][1:]} {at}" for at in range(ASIDE)]
                named.add(file)
        assert len(named) == self.batches
        assert len(set(places.quarantine(DATASET).iterdir()) - named) <= 1

    def check_index(self, most: int, *, newest: bool = False) -> None:
        """See that the index shows a whole state, the newest one if so told."""
        folder = self.home / "serving" / INTERFACE
        assert (folder / MANIFEST).exists()
        manifest = read_manifest(folder)
        index = open_index(folder / manifest.index)
        found = index.execute("select id, value, name from rows order by id").fetchall()
        index.close()
        assert found == expected(len(found) // ROWS)
        assert len(found) // ROWS == most if newest else len(found) // ROWS <= most
        copy = pq.read_table(folder / manifest.export, columns=["id", "value", "name"])
        assert [tuple(row.values()) for row in copy.to_pylist()] == found
        if newest:
            assert manifest.rows == len(found)

    def goes_on(self) -> None:
        """The next batch lands, and everything agrees then."""
        self.work("append")
        self.check(0)
        self.check_index(self.batches, newest=True)


def shown(files: tuple[Path, ...]) -> list[tuple[object, ...]]:
    """Return the rows of a version, by a reader of its own."""
    table = duckdb.read_parquet([str(file) for file in files], union_by_name=True)
    return table.project("id, value, name").order("id").fetchall()


def expected(batches: int) -> list[tuple[object, ...]]:
    """Return the rows that so many batches bring."""
    return [(at, at % 7 + 0.5, None if at % 5 == 0 else f"n{at}") for at in range(batches * ROWS)]


@contextmanager
def working(folder: Path) -> Iterator[Lake]:
    """Set a home up and run the process until the end of the block."""
    home = folder / "home"
    home.mkdir()
    os.mkfifo(folder / GATE)
    variables = os.environ | {"DUOKUA_HOME": str(home), "PYTHONPATH": str(SERVER.parent.parent)}
    line = [sys.executable, str(SERVER)]
    subprocess.run([*line, "set_up", str(home)], env=variables, check=True)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*line, "serve", str(home)], stdin=pipe, stdout=pipe, text=True, env=variables
    ) as process:
        lake = Lake(home, process)
        assert lake._line() == "ready"
        yield lake


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    with working(tmp_path) as made:
        made.work("append")
        yield made


def points(calls: list[Call]) -> list[int]:
    """Return at which calls to stop: spread evenly, and each at which something is published."""
    every = range(1, len(calls) + 1)
    if EFFORT >= 10:
        return list(every)
    most = min(len(calls), POINTS * EFFORT)
    return sorted({every[at * len(calls) // most] for at in range(most)})


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("command", ADDS)
def test_death_at_a_write_call(lake: Lake, command: str) -> None:
    lake.goes_on()
    calls, told = lake.stop(command, 0)
    assert told == "done"
    lake.batches += ADDS[command]
    lake.check(0)
    assert any("_delta_log" in call.place for call in calls)
    killed = 0
    for at in points(calls):
        lake.goes_on()
        made, told = lake.stop(command, at)
        killed += told == ""
        lake.check(ADDS[command])
        print(at, made[-1])
    lake.goes_on()
    print(f"{command}: {len(calls)} calls, killed at {killed}")
    assert killed >= 0.8 * len(points(calls))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("command", ADDS)
def test_a_disk_that_fails_from_a_write_call_on(lake: Lake, command: str, error: int) -> None:
    lake.goes_on()
    calls, told = lake.stop(command, 0)
    lake.batches += ADDS[command]
    for at in points(calls):
        lake.goes_on()
        made, told = lake.stop(command, at, error)
        where = (at, len(made), made[at - 1] if at <= len(made) else None)
        assert told.startswith(("refused", "done")), (where, told)
        lake.check(ADDS[command])
    lake.goes_on()

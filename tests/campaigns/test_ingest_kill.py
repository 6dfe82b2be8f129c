"""kill -9 during ingest: nothing lost, nothing twice, nothing half visible."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from campaigns.ingest_server import ACKNOWLEDGED, ASIDE, DATASET, ROWS
from duokua.engine import delta
from duokua.engine.index import open_index
from duokua.engine.manifest import MANIFEST, read_manifest
from duokua.engine.stats import ColumnStats
from duokua.lake import places

EFFORT = int(os.environ.get("EFFORT", "1"))
KILLS = 20 * EFFORT
SERVER = Path(__file__).with_name("ingest_server.py")
INTERFACE = "flow_by_id"


@dataclass(frozen=True, slots=True)
class Ingesting:
    """The process that forks ingesting children."""

    process: subprocess.Popen[str]

    def kill_one(self, after_s: float) -> None:
        """Start a child and kill it ``after_s`` seconds later: any moment is as good."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        threading.Event().wait(after_s)
        os.kill(child, signal.SIGKILL)
        assert self.process.stdout.readline() == f"ended {-signal.SIGKILL}\n"


def command(home: Path, verb: str) -> list[str]:
    """Return the command line of the process."""
    return [sys.executable, str(SERVER), verb, str(home)]


def variables(home: Path) -> dict[str, str]:
    """Return its environment."""
    return os.environ | {"DUOKUA_HOME": str(home), "PYTHONPATH": str(SERVER.parent.parent)}


@contextmanager
def ingesting(home: Path) -> Iterator[Ingesting]:
    """Run the process until the end of the block."""
    line, pipe = command(home, "serve"), subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True, env=variables(home)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Ingesting(process)


def check_nothing_is_half_visible(home: Path) -> None:
    """The table, the manifest and the index show some committed version, whole."""
    table = places.table(DATASET)
    head = delta.head(table)
    assert recount(head) == (head.rows, head.stats.of("id"), head.stats.of("name"))
    assert head.rows == ROWS * head.version
    check_what_stands_aside()
    folder = home / "serving" / INTERFACE
    if not (folder / MANIFEST).exists():
        return
    manifest = read_manifest(folder)
    assert manifest.rows == ROWS * manifest.version <= head.rows
    index = open_index(folder / manifest.index)
    shown = index.execute("select count(*), count(distinct id), max(id) from rows").fetchone()
    index.close()
    assert shown == (manifest.rows, manifest.rows, manifest.rows - 1)


def check_what_stands_aside() -> None:
    """Every batch that landed has set its bad rows aside, and no other one has for good."""
    named = set()
    for version, note in delta.notes(places.table(DATASET), -1):
        told = json.loads(note)["aside"]
        file = places.quarantine(DATASET) / told["file"]
        raw = [row["raw"]["id"] for row in pq.read_table(file).to_pylist()]
        assert raw == [f"bad {version - 1} {at}" for at in range(ASIDE)]
        named.add(file)
    folder = places.quarantine(DATASET)
    found = set(folder.iterdir()) if folder.exists() else set()
    assert named <= found
    assert len(found - named) <= 1  # of the batch that was cut short; the next ingest sweeps it


def recount(head: delta.TableHead) -> tuple[int, ColumnStats, ColumnStats]:
    """Count the rows themselves, by a reader of its own."""
    if not head.files:
        return 0, ColumnStats(0, None, None), ColumnStats(0, None, None)
    rows, least, greatest, nulls, first, last = (
        duckdb.read_parquet([str(file) for file in head.files])
        .aggregate(
            "count(distinct id), min(id), max(id), count(*) - count(name), min(name), max(name)"
        )
        .fetchall()[0]
    )
    return rows, ColumnStats(0, least, greatest), ColumnStats(nulls, first, last)


@pytest.mark.campaign
@pytest.mark.timeout(120 + 10 * KILLS)
def test_ingest_survives_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    subprocess.run(command(tmp_path, "set_up"), env=variables(tmp_path), check=True)
    landed = 0
    with ingesting(tmp_path) as server:
        for number in range(KILLS):
            server.kill_one(rng.uniform(0.03, 1.0))
            check_nothing_is_half_visible(tmp_path)
            landed = delta.head(places.table(DATASET)).version
            told = int((tmp_path / ACKNOWLEDGED).read_text())
            assert told <= landed <= told + 1, (seed, number)
    assert landed > 0, "no batch ever landed: the kills come too early to tell anything"
    check_the_end(tmp_path)
    print(f"{KILLS} kills, {landed} batches landed")


def check_the_end(home: Path) -> None:
    """After the next start everything agrees with the log."""
    line = command(home, "start_again")
    done = subprocess.run(line, env=variables(home), check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    head = delta.head(places.table(DATASET))
    assert (told["rows"], told["version"]) == (head.rows, head.version)
    assert sorted(told["batches"]) == sorted(f"b{number}" for number in range(head.version))
    assert told["aside"] == {f"b{number}": ASIDE for number in range(head.version)}
    assert read_manifest(home / "serving" / INTERFACE).version == head.version
    check_nothing_is_half_visible(home)

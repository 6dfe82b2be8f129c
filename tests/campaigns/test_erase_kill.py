"""kill -9 during an erasure: what is called done has left no byte, and nobody else loses a row."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.erase_server import DATASET, ROWS_EACH, SUBJECTS, canary
from duokua.engine import delta
from duokua.lake import places

EFFORT = int(os.environ.get("EFFORT", "1"))
KILLS = 20 * EFFORT
SERVER = Path(__file__).with_name("erase_server.py")


def run(home: Path, verb: str) -> dict[str, int]:
    """Run one verb to its end and return what it tells."""
    line = [sys.executable, str(SERVER), verb, str(home)]
    done = subprocess.run(line, env=variables(home), check=True, stdout=subprocess.PIPE)
    told: dict[str, int] = json.loads(done.stdout or "{}")
    return told


def variables(home: Path) -> dict[str, str]:
    """Return the environment of the process."""
    return os.environ | {"DUOKUA_HOME": str(home), "PYTHONPATH": str(SERVER.parent.parent)}


def kill_one(process: subprocess.Popen[str], after_s: float) -> None:
    """Start a child and kill it ``after_s`` seconds later: any moment is as good."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    child = int(process.stdout.readline())
    threading.Event().wait(after_s)
    os.kill(child, signal.SIGKILL)
    assert process.stdout.readline() == f"ended {-signal.SIGKILL}\n"


def states(home: Path) -> tuple[int, int]:
    """Return how many erasures were asked for and how many of them are called done."""
    with closing(sqlite3.connect(f"file:{home}/duokua.sqlite3?mode=ro", uri=True)) as database:
        rows = database.execute("select state from lake_erasure").fetchall()
    return len(rows), sum(state == "done" for (state,) in rows)


def everything(home: Path) -> dict[str, str]:
    """Return all that anybody could read below the home but the ledgers, by file."""
    found = {}
    for path in home.rglob("*"):
        place = path.relative_to(home)
        if not path.is_file() or "ledger" in place.parts:
            continue
        told = [path.read_bytes().decode("utf-8", "replace")]
        if path.suffix == ".parquet" and ".workshop" not in str(path):
            with suppress(pa.ArrowInvalid):  # of one that was never finished the bytes are all
                told += [str(pq.read_metadata(path).to_dict())]
                told += [str(pq.read_table(path).to_pylist())]
        found[str(place)] = "\n".join(told)
    return found


def check(home: Path) -> int:
    """What is done is gone, and who was not asked for has every row; return how many are done."""
    asked, done = states(home)
    assert done <= asked <= done + 1
    gone = [canary(at) for at in range(done)]
    left = {
        place: found
        for place, text in everything(home).items()
        if (found := [each for each in gone if each in text])
    }
    assert left == {}
    head = delta.head(places.table(DATASET))
    rows = [row for file in head.files for row in pq.read_table(file)["id"].to_pylist()]
    there = {at: sum(row.startswith(canary(at)) for row in rows) for at in range(SUBJECTS + 1)}
    for at in range(asked, SUBJECTS + 1):
        assert there[at] == ROWS_EACH - (at % 5 < ROWS_EACH), at
    assert len(rows) == head.rows
    return done


@contextmanager
def serving(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that forks erasing children in a fresh home."""
    home.mkdir()
    run(home, "set_up")
    line, pipe = [sys.executable, str(SERVER), "serve", str(home)], subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True, env=variables(home)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.mark.campaign
@pytest.mark.timeout(180 + 15 * KILLS)
def test_erase_survives_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    home, kills = tmp_path / "0", 0
    while kills < KILLS:
        home = tmp_path / str(kills)
        monkeypatch.setenv("DUOKUA_HOME", str(home))
        with serving(home) as process:
            while kills < KILLS and states(home)[0] <= SUBJECTS - 8:
                kill_one(process, rng.uniform(0.02, 3.0))
                kills += 1
                check(home)
    told = run(home, "finish")
    assert told["asked"] == told["done"] == check(home)
    assert told["done"] > 0, "nobody was ever erased: the kills come too early to tell anything"
    print(f"{kills} kills, {told['done']} erased")

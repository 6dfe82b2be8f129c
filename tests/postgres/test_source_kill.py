"""kill -9 of the worker while it fetches a table: every row comes once, in unbroken order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from campaigns.test_job_kill import command, start, variables
from duokua.engine import delta
from duokua.lake import places
from duokua.lang.odcs import dump_contract
from sources import DATASET, contract

pytestmark = [pytest.mark.postgres, pytest.mark.campaign]
EFFORT = int(os.environ.get("EFFORT", "1"))
KILLS = 3 * EFFORT
ROWS = 4_000 * EFFORT
SLICE = 200
DUOKUA = str(Path(sys.executable).parent / "duokua")


def fill(url: str) -> None:
    """Make a table of readings."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table if exists killed")
        connection.execute(
            'create table killed as select n as "No.", \'s\' as "sta""ti`on", now() as "at",'
            f' 1.5 as "level%", true as fine from generate_series(1, {ROWS}) as n'
        )


def declare(home: Path, url: str) -> None:
    """Register the dataset and a source that runs every second."""
    (home / "c.yaml").write_text(dump_contract(contract()))
    (home / "s.yaml").write_text(
        f"source: pull\ndataset: {DATASET}\nkind: postgresql\nurl: '{url}'\ntable: killed\n"
        f"mode: append\ncursor: No.\nslice_rows: {SLICE}\nevery_s: 1\n"
    )
    for line in (
        ["department", "add", "water", "--zh", "水", "--en", "Water"],
        ["data", "register", "c.yaml"],
        ["source", "add", "s.yaml"],
    ):
        done = subprocess.run(
            [DUOKUA, *line], env=variables(home), cwd=home, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def landed() -> list[int]:
    """Return the numbers that are in the table."""
    files = delta.head(places.table(DATASET)).files
    return sorted(
        number
        for file in files
        for number in pq.read_table(file, columns=["reading_id"])["reading_id"].to_pylist()
    )


@pytest.mark.timeout(300 + 20 * KILLS)
def test_a_fetch_survives_kill(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    subprocess.run(command(tmp_path, "set_up"), env=variables(tmp_path), check=True)
    fill(database_url)
    declare(tmp_path, database_url)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng, wait, before = random.Random(seed), threading.Event(), 0
    for _ in range(KILLS):
        worker = start(tmp_path)
        while len(landed()) == before and worker.poll() is None:
            wait.wait(0.05)  # the lease of the one before has to run out
        wait.wait(rng.uniform(0.0, 0.5))
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(30) == -signal.SIGKILL
        found = landed()
        assert found == list(range(1, len(found) + 1)), seed
        assert len(found) % SLICE == 0
        before = len(found)
        if before == ROWS:
            break
    worker = start(tmp_path)
    while len(landed()) < ROWS and worker.poll() is None:
        wait.wait(0.1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert landed() == list(range(1, ROWS + 1)), seed
    assert 0 < before < ROWS, "no kill fell into the fetch: they tell nothing"

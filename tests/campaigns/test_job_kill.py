"""kill -9 of workers: every job is done once in the end, and none runs twice at once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from campaigns.job_server import STEPS

EFFORT = int(os.environ.get("EFFORT", "1"))
KILLS = 4 * EFFORT
JOBS = 12 * EFFORT
SERVER = Path(__file__).with_name("job_server.py")
DEADLINE_S = 120.0


def variables(home: Path) -> dict[str, str]:
    """Return the environment of the processes."""
    return os.environ | {"DUOKUA_HOME": str(home), "PYTHONPATH": str(SERVER.parent.parent)}


def command(home: Path, verb: str, *more: str) -> list[str]:
    """Return a command line."""
    return [sys.executable, str(SERVER), verb, str(home), *more]


def start(home: Path, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a worker and wait until it works."""
    environ = environ or variables(home)
    worker = subprocess.Popen(command(home, "work"), env=environ, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker.stdout as told:
        assert told.readline() == "ready\n"
    return worker


def ended(home: Path) -> dict[int, int]:
    """Return the jobs that are done and the fence of whoever ended each, read beside Django."""
    with closing(sqlite3.connect(home / "duokua.sqlite3")) as database:
        told = database.execute("select id, result from jobs_job where state = 'done'").fetchall()
    return {job: json.loads(result)["fence"] for job, result in told}


def check_none_ran_twice_at_once(home: Path, ended: dict[int, int]) -> dict[int, int]:
    """Once a later holder has begun, an earlier one does nothing more; the last one ends it.

    Return the fence of the last holder of each job.
    """
    fences: dict[int, int] = {}
    steps: dict[int, int] = {}
    for line in (home / "diary").read_text().splitlines():
        word, job, fence = line.split()[0], *map(int, line.split()[1:3])
        if word == "begin":
            assert fence > fences.get(job, 0)
            fences[job], steps[job] = fence, 0
        assert fence == fences[job], f"job {job} went on after it was lost"
        steps[job] += word == "step"
    assert ended == fences
    assert set(steps.values()) == {STEPS}
    return fences


def at_work(home: Path) -> dict[int, int]:
    """Return which job a process has in hand, by process id, if it is not yet half done."""
    held: dict[int, tuple[int, int]] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (home / "diary").read_text().splitlines():
            word, job, _, who = line.split()
            held[int(who)] = int(job), 0 if word == "begin" else held[int(who)][1] + 1
    return {who: job for who, (job, done) in held.items() if done < STEPS // 2}


@pytest.mark.campaign
@pytest.mark.timeout(180 + 10 * KILLS)
def test_jobs_survive_their_workers(tmp_path: Path) -> None:
    environ = variables(tmp_path)
    subprocess.run(command(tmp_path, "set_up"), env=environ, check=True)
    subprocess.run(command(tmp_path, "bring", str(JOBS)), env=environ, check=True)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng, wait = random.Random(seed), threading.Event()
    workers = [start(tmp_path), start(tmp_path)]
    for _ in range(KILLS):
        # Somebody who has a job in hand, as long as there is one: it is left behind.
        busy = [each for each in workers if each.pid in at_work(tmp_path)]
        while not busy and len(ended(tmp_path)) < JOBS:
            wait.wait(0.01)
            busy = [each for each in workers if each.pid in at_work(tmp_path)]
        victim = rng.choice(busy or workers)
        wait.wait(rng.uniform(0.0, 0.1))
        workers.remove(victim)
        victim.send_signal(signal.SIGKILL)
        assert victim.wait(30) == -signal.SIGKILL
        workers.append(start(tmp_path))
    for _ in range(int(DEADLINE_S / 0.1)):
        if len(ended(tmp_path)) == JOBS:
            break
        wait.wait(0.1)
    assert len(ended(tmp_path)) == JOBS
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    fences = check_none_ran_twice_at_once(tmp_path, ended(tmp_path))
    assert max(fences.values()) > 1, "no job was ever cut short: the kills tell nothing"

"""The queue on a real PostgreSQL: several workers at once, none of them waits for another's row."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest

from campaigns.test_job_kill import check_none_ran_twice_at_once, command, start, variables

pytestmark = [pytest.mark.postgres, pytest.mark.campaign]
JOBS = 24


def ended(url: str) -> dict[int, int]:
    """Return the jobs that are done and the fence of whoever ended each."""
    with psycopg.connect(url) as connection:
        told = connection.execute("select id, result from jobs_job where state = 'done'").fetchall()
    return {job: result["fence"] for job, result in told}


@pytest.mark.timeout(300)
def test_workers_share_the_jobs(server: Path, database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop database if exists queue")
        connection.execute("create database queue")
    url = f"postgresql://duokua@/queue?host={server}"
    environ = variables(tmp_path) | {"DUOKUA_DATABASE_URL": url}
    subprocess.run(command(tmp_path, "set_up"), env=environ, check=True)
    subprocess.run(command(tmp_path, "bring", str(JOBS)), env=environ, check=True)
    workers = [start(tmp_path, environ) for _ in range(3)]
    wait = threading.Event()
    wait.wait(0.3)
    victim = workers.pop()
    victim.send_signal(signal.SIGKILL)
    assert victim.wait(30) == -signal.SIGKILL
    while len(ended(url)) < JOBS and all(worker.poll() is None for worker in workers):
        wait.wait(0.1)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    fences = check_none_ran_twice_at_once(tmp_path, ended(url))
    assert len(fences) == JOBS

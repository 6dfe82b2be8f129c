"""``duokua source`` and ``duokua jobs``: what they print, and what a failed fetch leaves to read."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from duokua.cli.app import app
from duokua.jobs import facade as jobs
from duokua.jobs import lease, worker
from duokua.jobs.values import JobInfo
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from sources import DATASET, NOW, contract, register, rows

pytestmark = pytest.mark.django_db
HEAD = ",".join('"' + (c.source_name or "").replace('"', '""') + '"' for c in contract().columns)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake and a folder with one file that has come to rest."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    register()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(f"{HEAD}\n1,a,2026-05-06 08:00,1.5,1\n")
    os.utime(folder / "a.csv", ns=(1, 1))
    (tmp_path / "s.yaml").write_text(
        f"source: drop\ndataset: {DATASET}\nkind: folder\nfolder: {folder}\npattern: '*.csv'\n"
    )
    return tmp_path


def run(*words: str | Path | int) -> Result:
    """Run one command."""
    return CliRunner().invoke(app, [*map(str, words)])


def told(*words: str | Path | int) -> Any:
    """Run one command with ``--json`` and read its answer."""
    return json.loads(run(*words, "--json").stdout)


def work_one() -> JobInfo:
    """Run the next fetch as a worker does."""
    job = lease.claim("w", kinds=("lake.source",), lease_s=30, now=clock.now())
    assert job is not None
    worker._run(worker.Held(job, clock.now, threading.Event()))
    return jobs.show(job.id)


def fetch() -> JobInfo:
    """Bring in a fetch and run it."""
    jobs.enqueue("lake.source", {"source": "drop"}, by="li", now=NOW)
    return work_one()


def test_a_source_is_added_run_listed_and_removed(home: Path) -> None:
    assert run("source", "add", home / "s.yaml").stdout == "added the source drop → reading\n"
    assert told("source", "run", "drop") == {"rows": 0, "batches": [], "refused": [], "pending": 1}
    assert run("source", "run", "drop").stdout == "landed 1 rows in 1 batches\n"
    (listed,) = told("source", "list", "--dataset", DATASET)
    assert (listed["source"], listed["kind"], listed["rows"]) == ("drop", "folder", 1)
    assert "drop" in run("source", "list").stdout
    assert told("source", "remove", "drop") == {"removed": "drop"}
    gone = run("source", "run", "drop", "--json")
    assert (gone.exit_code, json.loads(gone.stdout)["code"]) == (1, "not_found")


def test_faults_of_a_declaration_are_told_with_their_lines(home: Path) -> None:
    (home / "s.yaml").write_text("source: drop\ndataset: reading\nkind: folder\nfolder: in\n")
    done = run("source", "add", home / "s.yaml", "--json")
    assert done.exit_code == 1
    assert [
        fault["where"].endswith("s.yaml:4 folder") for fault in json.loads(done.stdout)["faults"]
    ]


def test_a_fetch_in_the_background_tells_what_it_brought(home: Path) -> None:
    run("source", "add", home / "s.yaml")
    fetch()
    job = fetch()
    assert (job.state, job.result) == (
        jobs.JobState.DONE,
        {"rows": 1, "batches": 1, "refused": 0, "pending": 0},
    )
    assert [row[0] for row in rows()] == [1]
    shown = told("jobs", "show", job.id)
    assert (shown["state"], shown["result"]["rows"], shown["error"]) == ("done", 1, None)
    done = told("jobs", "list", "--state", "done", "--kind", "lake.source")
    assert job.id in [each["id"] for each in done]
    assert "fetch a source" in run("jobs", "list").stdout


def test_what_fails_is_shown_without_values_retried_and_cancelled(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from duokua.kernel.errors import Fault
    from duokua.lake import facade as lake
    from duokua.lake import source_jobs

    def fail(*_: object, **__: object) -> None:
        secret = Text("13800138000 不是数字", "13800138000 is no number")
        fault = Fault("a.csv: row 3 level", secret, Text("改", "mend it"))
        raise Invalid(Text("不符", "does not fit"), Text("改正", "mend"), faults=(fault,))

    lake.add_source((home / "s.yaml").read_text(), place="s.yaml", by="li", now=NOW)
    monkeypatch.setattr(source_jobs.facade, "run_source", fail)
    job = fetch()
    assert job.state == jobs.JobState.FAILED  # what is wrong stays wrong: no second attempt
    shown = run("jobs", "show", job.id)
    assert "does not fit; mend" in shown.stdout and "row 3 level" in shown.stdout
    assert "138" not in json.dumps(told("jobs", "show", job.id)) + shown.stdout
    assert told("jobs", "retry", job.id)["state"] == "waiting"
    assert told("jobs", "cancel", job.id)["state"] == "cancelled"
    again = run("jobs", "cancel", job.id, "--json")
    assert (again.exit_code, json.loads(again.stdout)["code"]) == (1, "conflict")


def test_a_worker_that_ends_gives_its_job_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("source", "add", home / "s.yaml")
    jobs.enqueue("lake.source", {"source": "drop"}, by="li", now=NOW)
    job = lease.claim("w", kinds=("lake.source",), lease_s=30, now=clock.now())
    assert job is not None
    stopping = threading.Event()
    stopping.set()
    worker._run(worker.Held(job, clock.now, stopping))
    shown = jobs.show(job.id)
    assert (shown.state, shown.attempts) == (jobs.JobState.WAITING, 0)
    assert lake.batches(DATASET) == []


def test_an_unknown_failure_is_tried_again_and_its_words_are_kept_nowhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from duokua.lake import facade as lake
    from duokua.lake import source_jobs

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("13800138000")

    lake.add_source((home / "s.yaml").read_text(), place="s.yaml", by="li", now=NOW)
    monkeypatch.setattr(source_jobs.facade, "run_source", fail)
    job = fetch()
    assert (job.state, job.attempts) == (jobs.JobState.WAITING, 1)
    assert job.error is not None and job.error.code == "unexpected"
    assert "RuntimeError in fail:" in caplog.text
    assert "138" not in caplog.text
    assert "138" not in json.dumps(told("jobs", "show", job.id))

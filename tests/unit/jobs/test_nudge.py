"""A job that is brought in wakes idle workers once it is there."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from duokua.jobs import facade as jobs
from duokua.jobs import nudge

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)


@pytest.mark.django_db
def test_only_what_is_to_run_now_wakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    before = nudge.sign()
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("test.later", {}, by="t", now=NOW, run_at=NOW + timedelta(hours=1))
    assert nudge.sign() == before
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("test.now", {}, by="t", now=NOW)
        assert nudge.sign() == before  # not before it is there
    assert nudge.sign() != before


def test_a_nudge_ends_the_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    seen = nudge.sign()
    nudge.nudge()
    nudge.wait(threading.Event(), seen, 3600)  # returns at once, or this test hangs
    stopping = threading.Event()
    stopping.set()
    nudge.wait(stopping, nudge.sign(), 3600)


def test_a_home_that_cannot_be_written_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").write_text("in the way")
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    nudge.nudge()
    assert nudge.sign() == 0

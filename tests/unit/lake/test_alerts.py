"""What stewards are told of their data, and that it clears when it is mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import PLAIN
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.jobs.facade import JobInfo
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lake import jobs as lake_jobs
from duokua.lake import source_jobs
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.quality import Bound, Dimension, Metric, QualityRule
from duokua.notify import facade as notify

NOW = datetime(2026, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)
STEWARD = Person("li", Text("李", "Li"), "housing", Text("局", "bureau"), Role.STEWARD)
RULE = QualityRule(
    "few", Text("行数", "rows"), Dimension.COVERAGE, Metric.ROWS, (), Bound.AT_LEAST, (2.0,)
)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    contract = replace(load_contract(PLAIN, source="p"), quality=(RULE,), refresh_h=48)
    lake.register(dump_contract(contract), by="li", now=NOW)
    return tmp_path


def bring(home: Path, batch: str, rows: str) -> None:
    path = home / f"{batch}.csv"
    path.write_text("工号,phone,entered_at\n" + rows, encoding="utf-8")
    lake.ingest("site_worker", path, batch=batch, by="li", now=NOW)


def causes(*, unmended: bool = True) -> set[str]:
    found = notify.inbox(STEWARD)
    return {each.cause.split("/", 1)[1] for each in found if each.open == unmended}


class Work:
    """What a handler is given."""

    def __init__(self, now: datetime, **payload: Any) -> None:
        self._now = now
        self.job = JobInfo.__new__(JobInfo)
        for name, value in {"id": 1, "payload": payload}.items():
            object.__setattr__(self.job, name, value)

    def progress(self, done: int, total: int) -> None:
        pass

    def now(self) -> datetime:
        return self._now


def test_a_failing_rule_is_told_and_clears(home: Path) -> None:
    bring(home, "a", "W1,1,\n")
    lake.check_quality("site_worker", now=NOW)
    lake.check_quality("site_worker", now=NOW)
    (told,) = notify.inbox(STEWARD)
    assert (told.cause, told.times) == ("lake/quality:site_worker", 2)
    bring(home, "b", "W2,1,\n")
    lake.check_quality("site_worker", now=NOW)
    assert causes() == set()


def test_rows_that_stand_aside_are_told_until_they_have_left(home: Path) -> None:
    bring(home, "a", "W1,1,\nW2,1,never\nW3,1,\n")
    assert causes() == {"quarantine:site_worker"}
    lake.dismiss("site_worker", "a", reason="r", viewer=None, by="li", now=NOW)
    assert causes(unmended=False) == {"quarantine:site_worker"}


def test_a_promise_of_refreshing_is_judged_by_the_hour(home: Path) -> None:
    bring(home, "a", "W1,1,\nW2,1,\n")
    lake_jobs.hourly(Work(NOW + 2 * DAY))
    assert causes() == set()
    lake_jobs.hourly(Work(NOW + 3 * DAY))
    assert causes() == {"freshness:site_worker"}
    lake_jobs.hourly(Work(NOW + DAY))
    assert causes() == set()


def test_a_source_that_fails_is_told_and_clears(home: Path) -> None:
    folder = home / "in"
    source = f"source: drop\ndataset: site_worker\nkind: folder\nfolder: {folder}\n"
    lake.add_source(source, place="s.yaml", by="li", now=clock.now())
    with pytest.raises(DuokuaError):
        source_jobs.run(Work(NOW, source="drop"))
    assert causes() == {"source/drop:site_worker"}
    folder.mkdir()
    source_jobs.run(Work(NOW, source="drop"))
    assert causes() == set()

"""Profiles: files are looked at once, rows that are shown hold nothing personal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lake.models import FileProfile

TRADE = """\
      - name: trade
        logicalType: string
        customProperties:
          - {property: titleZh, value: 工种}
          - {property: titleEn, value: Trade}
"""
NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake of its own, with the contract of workers in it."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(PLAIN, by="li", now=NOW)
    return tmp_path


def ingest(folder: Path, rows: str, mode: lake.Mode = "append") -> None:
    path = folder / "workers.csv"
    path.write_text("工号,phone,entered_at\n" + rows, encoding="utf-8")
    lake.ingest("site_worker", path, mode=mode, by="li", now=NOW)


def test_before_the_first_batch_there_is_none(home: Path) -> None:
    lake.refresh_profile("site_worker")
    assert lake.profile_of("site_worker") is None


def test_distinct_values_of_all_files_together(home: Path) -> None:
    ingest(home, "W1,100,\nW2,100,2026-01-01 08:00\n")
    lake.refresh_profile("site_worker")
    ingest(home, "W3,100,2026-01-01 08:00\nW4,7,2026-01-02 08:00\n")
    lake.refresh_profile("site_worker")
    told = lake.profile_of("site_worker")
    assert told is not None
    assert told.distinct == {"worker_id": 4, "phone": 2, "entered_at": 2}


def test_rows_hold_neither_personal_data_nor_the_subject(home: Path) -> None:
    ingest(home, "W1,10012345678,\nW2,10012345678,2026-01-01 08:00\n")
    lake.refresh_profile("site_worker")
    told = lake.profile_of("site_worker")
    assert told is not None
    assert told.shown == ("entered_at",)
    assert sorted(told.rows, key=str) == [("2026-01-01T00:00:00.000000Z",), (None,)]
    kept = FileProfile.objects.get(dataset_id="site_worker")
    assert "10012345678" not in str(kept.rows)
    assert "W1" not in str(kept.rows)


def test_files_that_are_gone_are_forgotten(home: Path) -> None:
    ingest(home, "W1,1,\nW2,2,\n")
    lake.refresh_profile("site_worker")
    before = FileProfile.objects.get(dataset_id="site_worker").file
    ingest(home, "W9,9,\n", mode="replace")
    lake.refresh_profile("site_worker")
    assert FileProfile.objects.get(dataset_id="site_worker").file != before
    told = lake.profile_of("site_worker")
    assert told is not None
    assert told.distinct["worker_id"] == 1


def test_a_column_that_a_new_contract_closes_is_not_shown_any_more(home: Path) -> None:
    ingest(home, "W1,1,2026-01-01 08:00\n")
    lake.refresh_profile("site_worker")
    closed = PLAIN.replace("version: 1.0.0", "version: 1.1.0").replace(
        "logicalType: timestamp\n", "logicalType: timestamp\n        classification: L3\n"
    )
    lake.register(closed, by="li", now=NOW)
    told = lake.profile_of("site_worker")
    assert told is not None
    assert (told.shown, told.rows) == ((), ())
    assert told.distinct["entered_at"] == 1


def test_files_of_before_a_column_was_added_are_looked_at_too(home: Path) -> None:
    ingest(home, "W1,1,\n")
    more = PLAIN.replace("version: 1.0.0", "version: 1.1.0") + TRADE
    lake.register(more, by="li", now=NOW)
    lake.refresh_profile("site_worker")
    told = lake.profile_of("site_worker")
    assert told is not None
    assert (told.shown, told.rows) == (("entered_at", "trade"), ((None, None),))
    assert told.distinct == {"worker_id": 1, "phone": 1, "entered_at": 0, "trade": 0}

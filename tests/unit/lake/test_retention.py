"""What a contract keeps no longer goes by itself, from old files, too; what has no end stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from contracts import PLAIN
from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.lake import facade as lake
from duokua.lake import places, purging
from duokua.lake.models_erasure import Purge
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.retention import Retention

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
DAY = timedelta(days=1)
ROWS = "W1,1,2026-05-01 08:00\nW2,2,2026-05-03 00:00\nW3,3,\n"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


def register(kept: Retention | None) -> None:
    contract = replace(load_contract(PLAIN, source="p"), retention=kept)
    lake.register(dump_contract(contract), by="li", now=NOW)


def bring(home: Path, batch: str, rows: str, now: datetime = NOW) -> None:
    path = home / f"{batch}.csv"
    path.write_text("工号,phone,entered_at\n" + rows, encoding="utf-8")
    lake.ingest("site_worker", path, batch=batch, by="li", now=now)


def ids() -> list[str]:
    files = places.table("site_worker").glob("*.parquet")
    return sorted(name for file in files for name in pq.read_table(file)["worker_id"].to_pylist())


def test_rows_go_by_a_column_and_the_page_says_when(home: Path) -> None:
    register(Retention(10, "d", "entered_at"))
    bring(home, "a", ROWS)
    lake.look_at_retention("site_worker", now=NOW)
    told = lake.retention_of("site_worker")
    assert told is not None
    # Of 1 May, in the district; kept for ten days, so it goes on the twelfth.
    assert (told.next_at, told.rows) == (datetime(2026, 5, 11, 16, tzinfo=UTC), 1)
    assert lake.apply_retention("site_worker", by="lake", now=told.next_at - DAY / 24) == 0
    assert lake.apply_retention("site_worker", by="lake", now=told.next_at) == 1
    assert ids() == ["W2", "W3"]  # what has no age stays, and no old file is left
    assert lake.describe("site_worker").rows == 2
    (record,) = [each for each in audit.find(of="site_worker") if each.verb == "data.rows.expired"]
    assert record.detail["rows"] == 1
    assert lake.apply_retentions(by="lake", now=NOW + 400 * DAY) == 1
    assert ids() == ["W3"]
    after = lake.retention_of("site_worker")
    assert after is not None
    assert (after.next_at, after.rows) == (None, 0)


def test_rows_go_by_when_they_came(home: Path) -> None:
    register(Retention(1, "m"))
    bring(home, "a", ROWS)
    bring(home, "b", "W4,4,\n", NOW + 20 * DAY)
    lake.compact("site_worker", by="op", now=NOW + 20 * DAY)  # keeps batches apart
    assert lake.apply_retention("site_worker", by="lake", now=NOW + 31 * DAY) == 0
    assert lake.apply_retention("site_worker", by="lake", now=NOW + 32 * DAY) == 3
    assert ids() == ["W4"]
    told = lake.retention_of("site_worker")
    assert told is not None
    assert (told.rows, told.next_at) == (1, datetime(2026, 6, 26, 16, tzinfo=UTC))


def test_a_contract_without_one_keeps_everything(home: Path) -> None:
    register(None)
    bring(home, "a", ROWS)
    assert lake.apply_retentions(by="lake", now=NOW + 40_000 * DAY) == 0
    assert lake.retention_of("site_worker") is None
    assert ids() == ["W1", "W2", "W3"]


def test_one_that_was_cut_short_is_finished(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(Retention(10, "d", "entered_at"))
    bring(home, "a", ROWS)
    later = NOW + 30 * DAY
    with monkeypatch.context() as patch:
        patch.setattr(purging, "_forget", lambda dataset: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lake.apply_retention("site_worker", by="lake", now=later)
    assert "W1" in ids()  # in a file of before
    assert purging.owed() == ["site_worker"]
    lake.apply_retentions(by="lake", now=later)
    assert ids() == ["W3"]
    assert purging.owed() == []


def test_the_note_of_a_purge_is_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends does not strike off the note of one that waits behind it."""
    register(Retention(10, "d", "entered_at"))
    bring(home, "a", ROWS)
    taken, looks = purging.exclusive, list[bool]()

    @contextmanager
    def watched(lock: Path) -> Iterator[None]:
        looks.append(Purge.objects.exists())
        with taken(lock):
            yield
            looks.append(Purge.objects.exists())

    monkeypatch.setattr(purging, "exclusive", watched)
    assert lake.apply_retention("site_worker", by="lake", now=NOW + 10 * DAY) == 2
    assert looks == [False, False]
    assert not Purge.objects.exists()

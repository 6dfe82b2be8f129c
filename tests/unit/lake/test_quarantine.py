"""The quarantine through the facade: what stands aside, comes back corrected, or is dismissed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid, NotFound
from duokua.lake import catalogue, places
from duokua.lake import facade as lake
from duokua.lake.models import Batch, Dataset, Quarantine, Release

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
HEAD = "工号,phone,entered_at\n"
MESSY = "W1,1,\n,2,\nW3,=1+1,soon\nW1,4,\nW5,'=x,bad\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with one dataset."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(PLAIN, by="li", now=NOW, source="c.yaml")
    return tmp_path


def ingest(
    folder: Path, rows: str, *, batch: str = "b", mode: lake.Mode = "append", **told: str
) -> lake.IngestResult:
    path = folder / "workers.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    newest_by = told.get("newest_by")
    return lake.ingest(
        "site_worker", path, batch=batch, mode=mode, newest_by=newest_by, by="li", now=NOW
    )


def standing(**filters: str) -> list[tuple[str, int, list[str]]]:
    page = lake.quarantine("site_worker", viewer="housing", **filters)  # type: ignore[arg-type]
    return [(row.batch, row.row, [fault.reason for fault in row.faults]) for row in page.rows]


def downloaded(batch: str = "b") -> list[list[str]]:
    lines = lake.download_quarantine(
        "site_worker", batch, viewer="housing", language="en", by="li", now=NOW
    )
    return list(csv.reader(io.StringIO("".join(lines).removeprefix("\ufeff"), newline="")))


def replay(folder: Path, table: list[list[str]], batch: str = "b") -> lake.ReplayResult:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    path = folder / "corrected.csv"
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return lake.replay("site_worker", batch, path, viewer="housing", by="wang", now=NOW)


def ids() -> list[str]:
    opened = lake.open_rows("site_worker", ["worker_id"])
    assert opened is not None
    return sorted(row["worker_id"] for batch in opened[1] for row in batch.to_pylist())


def test_bad_rows_stand_aside_and_the_rest_lands(home: Path) -> None:
    result = ingest(home, MESSY)
    assert (result.landed, result.rows, result.aside) == (True, 1, 4)
    assert set(result.faults) == {
        lake.FaultCount("worker_id", "missing", 1),
        lake.FaultCount("worker_id", "twice", 1),
        lake.FaultCount("entered_at", "timestamp", 2),
    }
    assert ids() == ["W1"]
    assert standing() == [
        ("b", 2, ["missing"]),
        ("b", 3, ["timestamp"]),
        ("b", 4, ["twice"]),
        ("b", 5, ["timestamp"]),
    ]
    [info] = lake.quarantines("site_worker", viewer="housing")
    assert (info.batch, info.rows, info.left, info.at) == ("b", 4, 4, NOW)
    [row] = lake.quarantine("site_worker", viewer=None, reason="twice").rows
    assert row.raw == {"worker_id": "W1", "phone": "4", "entered_at": None}
    assert (row.faults[0].value, row.faults[0].what.en) == ("W1", "the key is in the file twice")
    again = ingest(home, MESSY)
    assert (again.landed, again.aside) == (False, 4)
    assert len(standing()) == 4


def test_a_key_that_is_there_stands_aside(home: Path) -> None:
    ingest(home, "W1,,\n", batch="a")
    assert ingest(home, "W1,,\nW2,,\n").aside == 1
    assert standing() == [("b", 1, ["exists"])]


def test_another_department_sees_nothing(home: Path) -> None:
    ingest(home, MESSY)
    for ask in (
        lambda: lake.quarantine("site_worker", viewer="water"),
        lambda: lake.quarantines("site_worker", viewer="water"),
        lambda: lake.download_quarantine(
            "site_worker", "b", viewer="water", language="zh", by="x", now=NOW
        ),
        lambda: lake.dismiss("site_worker", "b", reason="r", viewer="water", by="x", now=NOW),
        lambda: lake.replay("site_worker", "b", home / "c.yaml", viewer="water", by="x", now=NOW),
    ):
        with pytest.raises(NotFound):
            ask()
    [file] = places.quarantine("site_worker").iterdir()
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)


def test_the_list_is_paged_and_filtered(home: Path) -> None:
    ingest(home, MESSY, batch="b1")
    ingest(home, "W7,,\nW7,,\n,,x\n", batch="b2")
    seen, after = [], None
    while True:
        page = lake.quarantine("site_worker", viewer="housing", after=after, limit=2)
        seen += [(row.batch, row.row) for row in page.rows]
        after = page.following
        if after is None:
            break
        assert len(page.rows) == 2
    assert seen == [("b1", 2), ("b1", 3), ("b1", 4), ("b1", 5), ("b2", 2), ("b2", 3)]
    assert [row[:2] for row in standing(reason="twice")] == [("b1", 4), ("b2", 2)]
    assert [row[:2] for row in standing(batch="b2", column="entered_at")] == [("b2", 3)]
    with pytest.raises(Invalid):
        lake.quarantine("site_worker", viewer="housing", after="1; drop")


def test_the_download_has_the_words_and_no_formula(home: Path) -> None:
    ingest(home, MESSY)
    head, *rows = downloaded()
    assert head[2:] == ["工号", "phone", "entered_at"]
    assert [row[0] for row in rows] == ["2", "3", "4", "5"]
    assert rows[1][1].startswith("entered_at: is no instant → write it like")
    assert rows[1][2:] == ["W3", "'=1+1", "soon"]
    assert rows[3][2:] == ["W5", "''=x", "bad"]
    assert audit.find(verb="data.quarantine.downloaded")[0].detail == {"batch": "b", "rows": 4}


def test_corrected_rows_come_back_once_as_a_batch_of_their_own(home: Path) -> None:
    ingest(home, MESSY)
    head, first, second, third, fourth = downloaded()
    first[2], second[4] = "W2", "2026-01-01 08:00"
    result = replay(home, [head, first, second, third])
    assert (result.landed, result.rows, result.left) == (True, 2, 2)
    assert [(row.row, [each.reason for each in row.faults]) for row in result.still] == [
        (4, ["exists"])
    ]
    assert ids() == ["W1", "W2", "W3"]
    assert standing() == [("b", 4, ["twice"]), ("b", 5, ["timestamp"])]
    [info] = lake.quarantines("site_worker", viewer="housing")
    assert set(info.faults) == {
        lake.FaultCount("worker_id", "twice", 1),
        lake.FaultCount("entered_at", "timestamp", 1),
    }
    again = replay(home, [head, first, second, third])
    assert (again.landed, again.batch, again.left) == (False, result.batch, 2)
    assert lake.describe("site_worker").rows == 3
    [landed] = audit.find(verb="data.batch.landed", limit=1)
    assert (landed.by, landed.detail["batch"], landed.detail["of"]) == ("wang", result.batch, "b")
    fourth[4] = ""
    assert replay(home, [head, fourth]).left == 1
    opened = lake.open_rows("site_worker", ["worker_id", "phone"])
    assert opened is not None
    phones = {row["worker_id"]: row["phone"] for part in opened[1] for row in part.to_pylist()}
    assert phones == {"W1": "1", "W2": "2", "W3": "=1+1", "W5": "'=x"}


def test_a_corrected_file_must_keep_the_rows(home: Path) -> None:
    ingest(home, MESSY)
    head, first, *_ = downloaded()
    strange = [*first]
    strange[0] = "1"
    for table in ([head[2:], first[2:]], [head, strange], [head, first, first], [head]):
        with pytest.raises(Invalid):
            replay(home, table)
    with pytest.raises(Invalid):  # nothing was corrected
        replay(home, [head, first])
    assert len(standing()) == 4
    assert lake.describe("site_worker").rows == 1


def test_rows_are_dismissed_for_a_reason(home: Path) -> None:
    ingest(home, MESSY)
    told = {"viewer": "housing", "by": "li", "now": NOW}
    with pytest.raises(Invalid):
        lake.dismiss("site_worker", "b", reason=" ", **told)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        lake.dismiss("site_worker", "b", rows=[1], reason="r", **told)  # type: ignore[arg-type]
    info = lake.dismiss("site_worker", "b", rows=[2, 3], reason="试填", **told)  # type: ignore[arg-type]
    assert (info.left, len(standing())) == (2, 2)
    assert audit.find(verb="data.quarantine.dismissed")[0].detail["reason"] == "试填"
    lake.dismiss("site_worker", "b", reason="rest", **told)  # type: ignore[arg-type]
    assert lake.quarantines("site_worker", viewer="housing") == []
    with pytest.raises(NotFound):
        lake.dismiss("site_worker", "b", reason="again", **told)  # type: ignore[arg-type]


def test_the_catalogue_learns_of_the_quarantine_from_the_log(home: Path) -> None:
    ingest(home, MESSY)
    head, first, *_ = downloaded()
    first[2] = "W2"
    replay(home, [head, first])
    [info] = lake.quarantines("site_worker", viewer="housing")
    Release.objects.all().delete()  # as if the process had died after both commits
    Quarantine.objects.all().delete()
    Batch.objects.all().delete()
    Dataset.objects.update(version=0)
    assert lake.reconcile() == ["site_worker"]
    assert lake.quarantines("site_worker", viewer="housing") == [info]
    assert [row for _, row, _ in standing()] == [3, 4, 5]


def test_what_a_killed_ingest_set_aside_is_swept_and_what_landed_is_not(home: Path) -> None:
    ingest(home, MESSY)
    staging, folder = places.staging("site_worker"), places.quarantine("site_worker")
    [kept] = folder.iterdir()
    [live] = delta.head(places.table("site_worker")).files
    (staging / live.name).hardlink_to(live)  # killed after its commit
    (staging / "part-dead.parquet").write_bytes(b"half")  # killed before it
    (folder / "part-dead.parquet").write_bytes(b"half")
    ingest(home, "W9,,\n", batch="next")
    assert list(folder.iterdir()) == [kept]
    assert not list(staging.iterdir())


def test_an_upsert_that_changes_nothing_keeps_its_quarantine(home: Path) -> None:
    ingest(home, "W1,,2026-02-01 08:00\n", batch="new", mode="upsert", newest_by="entered_at")
    result = ingest(
        home, "W1,,2026-01-01 08:00\n,,\n", batch="old", mode="upsert", newest_by="entered_at"
    )
    assert (result.rows, result.aside) == (0, 1)
    catalogue.follow_log("site_worker")
    ingest(home, "W2,,\n", batch="later", mode="upsert")
    assert standing() == [("old", 2, ["missing"])]
    assert ids() == ["W1", "W2"]
    with pytest.raises(Invalid):
        ingest(home, "W3,,\n", batch="x", newest_by="entered_at")
    with pytest.raises(Invalid):
        ingest(home, "W3,,\n", batch="x", mode="upsert", newest_by="worker_id")


def test_nothing_chosen_is_nothing_dismissed(home: Path) -> None:
    ingest(home, "W1,1,\nW2,2,never\n")
    with pytest.raises(Invalid, match="no row is chosen"):
        lake.dismiss("site_worker", "b", rows=[], reason="x", viewer=None, by="li", now=NOW)
    assert not Release.objects.exists()


def test_a_corrected_file_with_a_value_without_end_is_refused(home: Path) -> None:
    ingest(home, "W1,1,\nW2,2,never\n")
    table = downloaded()
    table[1][2] = "x" * (csv.field_size_limit() + 1)
    with pytest.raises(Invalid):
        replay(home, table)

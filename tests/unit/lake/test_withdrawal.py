"""Taking a batch back: what goes, what stays, whom it concerns."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.engine.manifest import read_manifest
from duokua.exchange import facade as exchange
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.lake import facade as lake
from duokua.lake import places
from duokua.lake.models import Batch, Dataset
from flows import NOW, ingest, open_lake

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with one dataset and an interface on it."""
    return open_lake(tmp_path, monkeypatch)


def withdraw(batch: str, *, reason: str = "wrong file", viewer: str = "water") -> lake.Withdrawal:
    return lake.withdraw("flow", batch, reason=reason, viewer=viewer, by="wang", now=NOW)


def ids() -> list[int]:
    opened = lake.open_rows("flow", ["id"])
    assert opened is not None
    return sorted(row["id"] for batch in opened[1] for row in batch.to_pylist())


def test_a_batch_goes_and_the_others_stay(home: Path) -> None:
    ingest(home, "a", "1,1,x\n2,2,y\n")
    ingest(home, "b", "3,9,z\n4,,\nx,,\n")
    told = lake.foresee_withdrawal("flow", "b", viewer="water", now=NOW)
    assert (told.done, told.rows, told.left, told.aside) == (False, 2, 2, 1)
    assert told.affected == (
        lake.Affected(
            "interface",
            "flow_by_id",
            exchange.interface("flow_by_id").interface.title,
            0,
            exchange.interface("flow_by_id").interface.columns,
        ),
    )
    assert ids() == [1, 2, 3, 4]
    old = delta.head(places.table("flow"))
    done = withdraw("b")
    assert (done.done, done.rows, done.left, done.version) == (True, 2, 2, old.version + 1)
    assert ids() == [1, 2]
    info = lake.describe("flow")
    assert (info.rows, info.version, info.stats["value"].max) == (2, done.version, 2.0)
    assert all(file.exists() for file in old.files)  # whoever reads the old version goes on
    manifest = read_manifest(home / "serving" / "flow_by_id")
    assert (manifest.version, manifest.rows) == (done.version, 2)
    assert lake.quarantines("flow", viewer="water") == []
    batches = {each.id: each.withdrawn_at for each in lake.batches("flow")}
    assert batches == {"a": None, "b": NOW}
    [record] = audit.find(verb="data.batch.withdrawn")
    assert (record.by, record.detail["reason"], record.detail["rows"]) == ("wang", "wrong file", 2)


def test_the_last_batch_can_go_and_is_served_no_more(home: Path) -> None:
    ingest(home, "a", "1,1,x\n")
    withdraw("a")
    assert ids() == []
    assert lake.describe("flow").rows == 0
    assert read_manifest(home / "serving" / "flow_by_id").rows == 0
    ingest(home, "b", "1,1,x\n")
    assert ids() == [1]


def test_what_cannot_go_is_told(home: Path) -> None:
    ingest(home, "a", "1,1,x\n")
    with pytest.raises(NotFound):
        withdraw("nothing")
    with pytest.raises(NotFound):
        withdraw("a", viewer="housing")
    with pytest.raises(Invalid):
        withdraw("a", reason=" ")
    ingest(home, "u", "2,2,y\n", "upsert")
    with pytest.raises(Conflict):
        withdraw("u")
    withdraw("a")
    with pytest.raises(Conflict):
        withdraw("a")
    with pytest.raises(Conflict):  # the name stays that of what was withdrawn
        ingest(home, "a", "1,1,x\n")
    ingest(home, "c", "5,5,\n")
    ingest(home, "r", "6,6,\n", "replace")
    with pytest.raises(Conflict):
        withdraw("c")
    assert ids() == [6]


def test_rows_that_an_upsert_has_replaced_stay(home: Path) -> None:
    ingest(home, "a", "1,1,x\n2,2,y\n")
    ingest(home, "u", "2,9,Y\n", "upsert")
    assert lake.foresee_withdrawal("flow", "a", viewer=None, now=NOW).rows == 1
    withdraw("a")
    assert ids() == [2]


def test_the_catalogue_learns_of_a_withdrawal_from_the_log(home: Path) -> None:
    ingest(home, "a", "1,1,x\n")
    ingest(home, "b", "2,2,y\nx,,\n")
    withdraw("b")
    whole = lake.describe("flow")
    Batch.objects.update(withdrawn_at=None)  # as if the process had died after its commit
    Dataset.objects.update(version=2)
    assert lake.reconcile() == ["flow"]
    assert lake.describe("flow") == whole
    assert {each.id for each in lake.batches("flow") if each.withdrawn_at} == {"b"}

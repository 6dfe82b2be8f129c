"""The lake through its facade: contracts, batches, catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import PLAIN
from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.lake import facade as lake
from duokua.lake import places
from duokua.lake.models import Batch, Dataset

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
HEAD = "工号,phone,entered_at\n"
LATE = """\
      - name: trade
        logicalType: string
        customProperties:
          - {property: titleZh, value: 工种}
          - {property: titleEn, value: Trade}
"""
NEXT = PLAIN.replace("version: 1.0.0", "version: 1.1.0") + LATE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake of its own."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


@pytest.fixture
def announced() -> Iterator[list[str]]:
    """The datasets that were announced as committed."""
    heard: list[str] = []

    def hear(sender: object, dataset_id: str, **_: object) -> None:
        heard.append(dataset_id)

    lake.dataset_committed.connect(hear)
    yield heard
    lake.dataset_committed.disconnect(hear)


def register(text: str = PLAIN) -> lake.DatasetInfo:
    return lake.register(text, by="li", now=NOW, source="c.yaml")


def ingest(
    folder: Path,
    rows: str,
    *,
    head: str = HEAD,
    batch: str | None = None,
    mode: lake.Mode = "append",
    strict: bool = False,
) -> lake.IngestResult:
    path = folder / "workers.csv"
    path.write_text(head + rows, encoding="utf-8")
    return lake.ingest("site_worker", path, batch=batch, mode=mode, strict=strict, by="li", now=NOW)


def rows() -> list[dict[str, object]]:
    opened = lake.open_rows("site_worker", ["worker_id", "phone"])
    assert opened is not None
    return [row for batch in opened[1] for row in batch.to_pylist()]


def test_a_registered_dataset_is_described_before_data(home: Path) -> None:
    info = register()
    assert (info.version, info.rows, info.refreshed_at) == (None, 0, None)
    assert lake.describe("site_worker") == info
    assert lake.contract("site_worker") == info.contract
    assert lake.open_rows("site_worker", ["worker_id"]) is None
    assert [each.verb for each in audit.find(of="site_worker")] == ["data.contract.registered"]


def test_a_batch_lands_and_is_catalogued(home: Path, announced: list[str]) -> None:
    register()
    result = ingest(home, "W2,1,2026-01-01 08:00\nW1,NA,\n", batch="b1")
    assert (result.landed, result.rows, result.version) == (True, 2, 1)
    info = lake.describe("site_worker")
    assert (info.rows, info.version, info.refreshed_at) == (2, 1, NOW)
    assert info.stats["phone"] == lake.ColumnStats(1, None, None)  # a bound is somebody's
    assert info.stats["entered_at"].max == "2026-01-01T00:00:00.000000Z"
    [batch] = lake.batches("site_worker")
    assert (batch.id, batch.source, batch.by, batch.at) == ("b1", "workers.csv", "li", NOW)
    assert rows() == [{"worker_id": "W2", "phone": "1"}, {"worker_id": "W1", "phone": None}]
    assert announced == ["site_worker"]
    assert [each.verb for each in audit.find(of="site_worker", limit=1)] == ["data.batch.landed"]


def test_the_same_batch_lands_once(home: Path) -> None:
    register()
    first = ingest(home, "W1,,\n")
    again = ingest(home, "W1,,\n")
    assert (first.landed, again.landed, again.version) == (True, False, first.version)
    assert lake.describe("site_worker").rows == 1
    named = ingest(home, "W2,,\n", batch="b")
    with pytest.raises(Conflict):
        ingest(home, "W3,,\n", batch="b")
    assert lake.describe("site_worker").version == named.version


def test_a_bad_file_changes_nothing(home: Path, announced: list[str]) -> None:
    register()
    ingest(home, "W1,,\n")
    before = lake.describe("site_worker")
    with pytest.raises(Invalid) as caught:
        ingest(home, "W2,,\nW1,,\n", strict=True)
    assert "in the dataset already" in caught.value.faults[0].what.en
    assert lake.describe("site_worker") == before
    assert not list(places.staging("site_worker").iterdir())
    assert len(announced) == 1


def test_replace_puts_the_new_rows_in_place_of_all(home: Path) -> None:
    register()
    ingest(home, "W1,,\nW2,,\n")
    ingest(home, "W1,9,\n", mode="replace")
    assert lake.describe("site_worker").rows == 1
    assert rows() == [{"worker_id": "W1", "phone": "9"}]


def test_unknown_things_are_told(home: Path) -> None:
    with pytest.raises(NotFound):
        ingest(home, "W1,,\n")
    register()
    with pytest.raises(Invalid):
        lake.ingest("site_worker", home / "no.csv", by="li", now=NOW)
    with pytest.raises(Invalid) as caught:
        register(PLAIN.replace("value: housing", "value: nobody").replace("id: site", "id: other"))
    assert "no department" in caught.value.faults[0].what.en


def test_a_new_version_may_add_a_nullable_column(home: Path) -> None:
    register()
    ingest(home, "W1,,\n")
    register(NEXT)
    assert lake.describe("site_worker").contract.version == "1.1.0"
    ingest(home, "W2,,,crane\n", head=HEAD.replace("\n", ",trade\n"))
    opened = lake.open_rows("site_worker", ["worker_id", "trade"])
    assert opened is not None
    found = [row for batch in opened[1] for row in batch.to_pylist()]
    assert sorted(found, key=lambda row: str(row["worker_id"])) == [
        {"worker_id": "W1", "trade": None},
        {"worker_id": "W2", "trade": "crane"},
    ]
    assert lake.describe("site_worker").stats["trade"] == lake.ColumnStats(1, "crane", "crane")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("version: 1.1.0", "version: 1.0.0", "version is not above"),
        ("logicalType: timestamp", "logicalType: date", "type has changed"),
        ("name: phone", "name: mobile", "the column is gone"),
        ("titleZh, value: 工种", "titleZh, value: 工种!", None),
        ("- name: trade", "- required: true\n        name: trade", "the new column is required"),
        ("classification: L3", "classification: L2", "level is lower"),
        ("          - {property: personal, value: phone}\n", "", "no longer marked personal"),
    ],
)
def test_a_breaking_version_is_refused(home: Path, old: str, new: str, what: str | None) -> None:
    register()
    text = NEXT.replace(old, new).replace("property: zone, value", "property: unit, value")
    text = text if "date" in new else NEXT.replace(old, new)
    if what is None:
        assert register(text).contract.version == "1.1.0"
        return
    with pytest.raises(Conflict) as caught:
        register(text)
    assert what in " ".join(fault.what.en for fault in caught.value.faults)
    assert lake.describe("site_worker").contract.version == "1.0.0"


def test_the_same_contract_twice_is_no_change(home: Path) -> None:
    assert register() == register()
    assert len(audit.find(of="site_worker")) == 1


def test_the_catalogue_is_mended_from_the_log(home: Path, announced: list[str]) -> None:
    register()
    ingest(home, "W1,,\n", batch="b1")
    ingest(home, "W2,,\n", batch="b2")
    whole = lake.describe("site_worker")
    Batch.objects.filter(name="b2").delete()  # as if the process had died after the commit
    Dataset.objects.update(version=1, rows=1, stats={})
    announced.clear()
    assert lake.reconcile() == ["site_worker"] == announced
    assert lake.describe("site_worker") == whole
    assert [each.id for each in lake.batches("site_worker")] == ["b2", "b1"]
    assert lake.reconcile() == []


def test_orphans_of_a_killed_ingest_are_swept_and_live_files_are_not(home: Path) -> None:
    register()
    ingest(home, "W1,,\n")
    table, staging = places.table("site_worker"), places.staging("site_worker")
    [live] = delta.head(table).files
    (staging / live.name).hardlink_to(live)  # killed after its commit
    (staging / "part-dead.parquet").write_bytes(b"half")  # killed between link and commit
    (table / "part-dead.parquet").hardlink_to(staging / "part-dead.parquet")
    ingest(home, "W2,,\n")
    assert not list(staging.iterdir())
    assert {path.name for path in table.glob("*.parquet")} == {
        file.name for file in delta.head(table).files
    }
    assert len(rows()) == 2


def test_datasets_are_found_by_words_department_and_level(home: Path) -> None:
    register()
    register(PLAIN.replace("id: site_worker", "id: other_worker"))
    every = [info.id for info in lake.datasets()]
    assert every == ["other_worker", "site_worker"]
    assert [info.id for info in lake.datasets(after="other_worker")] == ["site_worker"]
    assert len(lake.datasets(limit=1)) == 1
    assert len(lake.datasets(search="电话")) == len(lake.datasets(search="ENTERED")) == 2
    assert lake.datasets(search="crane") == lake.datasets(level="L1") == []
    assert len(lake.datasets(department="housing", level="L3")) == 2
    assert set(lake.contracts(frozenset(["site_worker", "nobody"]))) == {"site_worker"}
    assert environment.read().home == home

"""The lake's upkeep: small files become few, what nobody needs goes, and no row changes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts import flow_contract, flow_interface
from duokua.audit import facade as audit
from duokua.engine import delta
from duokua.engine.manifest import read_manifest
from duokua.exchange import facade as exchange
from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, NotFound
from duokua.lake import announcing, catalogue, landing, places, upkeep
from duokua.lake import facade as lake
from duokua.lake.models import Batch, Dataset
from flows import NOW, ingest, open_lake

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with one dataset and an interface on it."""
    return open_lake(tmp_path, monkeypatch)


def rows() -> list[tuple[object, ...]]:
    opened = lake.open_rows("flow", ["id", "value", "name"])
    assert opened is not None
    return sorted(tuple(row.values()) for batch in opened[1] for row in batch.to_pylist())


def files() -> tuple[Path, ...]:
    return delta.head(places.table("flow")).files


def on_disk() -> set[Path]:
    return set(places.table("flow").glob("part-*.parquet"))


def three_batches(home: Path) -> None:
    ingest(home, "a", "3,1,x\n1,2,y\n")
    ingest(home, "b", "4,9,z\n2,,\n")
    ingest(home, "c", "5,5,\n")


def vacuum(later: timedelta, *, do: bool = True) -> upkeep.Vacuum:
    """The log has the time of the machine, so that of the vacuum is told from there."""
    return lake.vacuum("flow", do=do, by="op", now=clock.now() + later)


def test_small_files_become_one_and_the_rows_stay(home: Path) -> None:
    three_batches(home)
    ingest(home, "u", "1,7,Y\n", "upsert")
    told, info = rows(), lake.describe("flow")
    done = lake.compact("flow", by="op", now=NOW)
    assert (done.done, done.before, done.after) == (True, 4, 1)
    assert rows() == told
    after = lake.describe("flow")
    assert (after.rows, after.stats, after.version) == (info.rows, info.stats, done.version)
    assert after.refreshed_at == info.refreshed_at  # nothing came
    assert read_manifest(home / "serving" / "flow_by_id").version == done.version
    [record] = audit.find(verb="data.table.compacted")
    assert (record.by, record.of, record.detail["files"], record.detail["into"]) == (
        "op",
        "flow",
        4,
        1,
    )
    assert not list(places.staging("flow").iterdir())
    again = lake.compact("flow", by="op", now=NOW)
    assert (again.done, again.after, again.version) == (False, 1, done.version)


def test_a_dataset_without_rows_or_none_at_all(home: Path) -> None:
    assert not lake.compact("flow", by="op", now=NOW).done
    assert vacuum(DAY).files == ()
    with pytest.raises(NotFound):
        lake.compact("nothing", by="op", now=NOW)
    with pytest.raises(NotFound):
        lake.vacuum("nothing", do=True, by="op", now=NOW)


def test_a_merged_batch_cannot_go_alone_and_one_kept_apart_can(home: Path) -> None:
    three_batches(home)
    lake.compact("flow", apart=1, by="op", now=NOW)
    assert len(files()) == 2
    with pytest.raises(Conflict):
        lake.withdraw("flow", "a", reason="wrong", viewer="water", by="wang", now=NOW)
    lake.withdraw("flow", "c", reason="wrong", viewer="water", by="wang", now=NOW)
    assert [row[0] for row in rows()] == [1, 2, 3, 4]


def test_a_batch_that_landed_and_was_merged_does_not_land_again(home: Path) -> None:
    three_batches(home)
    lake.compact("flow", by="op", now=NOW)
    assert not ingest(home, "a", "3,1,x\n1,2,y\n").landed
    assert len(rows()) == 5


@pytest.mark.parametrize("place", ["plan_compaction", "linked", "change", "follow_log"])
@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_anywhere_leaves_every_row(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str, after: bool
) -> None:
    three_batches(home)
    told = rows()
    owner = {"linked": landing, "change": delta, "follow_log": catalogue}.get(place, upkeep)
    whole = getattr(owner, place)
    calls = [1 if place == "follow_log" else 0]  # it is called before the plan, too

    def dies(*args: object, **more: object) -> object:
        calls[0] -= 1
        if calls[0] >= 0:
            return whole(*args, **more)
        if after:
            whole(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, place, dies)
        patch.setattr(landing, "sweep", lambda dataset_id: None)  # a dead process does not
        with pytest.raises(KeyboardInterrupt):
            lake.compact("flow", by="op", now=NOW)
    assert rows() == told
    lake.reconcile()
    lake.compact("flow", by="op", now=NOW)
    assert rows() == told
    assert len(files()) == 1
    assert len(audit.find(verb="data.table.compacted")) == 1
    exchange.refresh_indexes("flow")  # one that lags holds the files it is of
    vacuum(8 * DAY)
    assert on_disk() == set(files())
    assert not list(places.staging("flow").glob("part-*"))


def test_one_dataset_that_fails_does_not_keep_the_others_waiting(home: Path) -> None:
    lake.register(flow_contract().replace('"flow"', '"brook"'), by="li", now=NOW)
    three_batches(home)
    old = set(files())
    lake.compact("flow", by="op", now=NOW)
    log = places.table("brook") / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    for path in log.iterdir():
        path.write_text("{", encoding="utf-8")
    (log / f"{0:020d}.json").write_text('{"commitInfo": {"operation": "x"}}\n{', encoding="utf-8")
    seen: list[tuple[int, int]] = []
    with pytest.raises(ExceptionGroup):
        upkeep.vacuum_all(
            by="op",
            now=clock.now() + 8 * DAY,
            progress=lambda done, total: seen.append((done, total)),
        )
    assert seen == [(0, 2), (1, 2)]
    assert not any(file.exists() for file in old)


def test_the_catalogue_learns_of_a_compaction_from_the_log(home: Path) -> None:
    three_batches(home)
    done = lake.compact("flow", by="op", now=NOW)
    whole = lake.describe("flow")
    Dataset.objects.update(version=3)  # as if the process had died after its commit
    assert lake.reconcile() == ["flow"]
    assert lake.describe("flow") == whole
    assert Batch.objects.count() == 3
    assert whole.version == done.version


def test_files_of_old_versions_go_after_a_week_and_not_before(home: Path) -> None:
    three_batches(home)
    old = set(files())
    lake.compact("flow", by="op", now=NOW)
    told = rows()
    assert vacuum(6 * DAY).files == ()
    found = vacuum(8 * DAY, do=False)
    assert {places.table("flow") / name for name in found.files} == old
    assert found.size == sum(file.stat().st_size for file in old)
    assert on_disk() == {*old, *files()}  # only told
    assert audit.find(verb="data.table.vacuumed") == []
    vacuum(8 * DAY)
    assert on_disk() == set(files())
    kept = {path.name for path in (places.table("flow") / "_stats").iterdir()}
    assert kept == {f"{file.name}.json" for file in files()}
    [record] = audit.find(verb="data.table.vacuumed")
    assert (record.detail["files"], record.by) == (3, "op")
    assert rows() == told
    assert vacuum(9 * DAY).files == ()
    assert len(audit.find(verb="data.table.vacuumed")) == 1


def test_a_replaced_file_goes_too(home: Path) -> None:
    ingest(home, "a", "1,1,x\n")
    [old] = files()
    ingest(home, "r", "2,2,y\n", "replace")
    assert vacuum(6 * DAY).files == ()
    assert vacuum(8 * DAY).files == (old.name,)
    assert rows() == [(2, 2.0, "y")]


def test_what_stands_aside_and_the_log_stay(home: Path) -> None:
    ingest(home, "a", "1,1,x\nx,,\n")
    ingest(home, "r", "2,2,y\n", "replace")
    table = places.table("flow")
    aside = list((table / "_quarantine").iterdir())
    log = sorted(path.name for path in (table / "_delta_log").iterdir())
    vacuum(30 * DAY)
    assert aside
    assert list((table / "_quarantine").iterdir()) == aside
    assert sorted(path.name for path in (table / "_delta_log").iterdir()) == log
    assert lake.quarantines("flow", viewer="water")[0].left == 1


def test_a_file_that_an_index_was_built_from_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_batches(home)
    old = set(files())
    with monkeypatch.context() as patch:  # the index does not follow
        patch.setattr(announcing.dataset_committed, "send", lambda **told: [])
        lake.compact("flow", by="op", now=NOW)
    manifest = read_manifest(home / "serving" / "flow_by_id")
    assert {Path(file) for file in manifest.files} == old
    assert vacuum(8 * DAY).files == ()
    exchange.refresh_indexes("flow")
    assert len(vacuum(8 * DAY).files) == 3


def test_a_vacuum_that_dies_goes_on_the_next_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_batches(home)
    lake.compact("flow", by="op", now=NOW)
    told = rows()
    unlink = Path.unlink
    left = [3]  # unlinks until it dies: in the middle of a file and its statistics

    def dies(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith("part-"):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dies)
        with pytest.raises(KeyboardInterrupt):
            vacuum(8 * DAY)
    assert rows() == told
    assert len(vacuum(8 * DAY).files) == 2
    assert on_disk() == set(files())


def test_a_young_file_that_no_version_names_stays_for_a_week(home: Path) -> None:
    three_batches(home)
    stray = places.table("flow") / "part-stray.parquet"
    stray.write_bytes(files()[0].read_bytes())
    assert vacuum(6 * DAY).files == ()
    assert vacuum(8 * DAY).files == ("part-stray.parquet",)


def test_many_small_files_are_merged_by_themselves(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MANY", 2)
    ingest(home, "a", "1,1,\n")
    ingest(home, "b", "2,1,\n")
    assert jobs.jobs(kind="lake.compact") == []
    ingest(home, "c", "3,1,\n")
    [job] = jobs.jobs(kind="lake.compact")
    assert job.payload == {"dataset": "flow"}
    [daily] = [each for each in jobs.schedules() if each.kind == "lake.vacuum"]
    assert daily.daily == "03:30"


def test_merging_files_leaves_indexes_as_they_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.publish_interface(flow_interface(), source="i.yaml", by="op", now=NOW)
    three_batches(home)
    folder = home / "serving" / "flow_by_id"
    before = read_manifest(folder)
    index = (folder / before.index).stat()
    lake.compact("flow", by="op", now=NOW)
    after = read_manifest(folder)
    assert (after.index, after.rows, after.version) == (
        before.index,
        before.rows,
        before.version + 1,
    )
    assert [Path(file) for file in after.files] == list(files())
    assert (folder / after.index).stat() == index
    ingest(home, "more", "90,1,x\n")
    assert read_manifest(folder).rows == before.rows + 1

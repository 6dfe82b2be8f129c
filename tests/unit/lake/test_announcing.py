"""A version that a crash kept from being told is told later."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from contracts import flow_contract, flow_interface
from duokua.engine.manifest import read_manifest
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.jobs import facade as jobs
from duokua.jobs import lease
from duokua.jobs.worker import Held, run
from duokua.kernel import clock
from duokua.lake import announcing
from duokua.lake import facade as lake
from duokua.lake.models import Dataset

pytestmark = pytest.mark.django_db(transaction=True)
NOW = clock.now()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("water", "水务局", "Water")
    lake.register(flow_contract(), by="op", now=NOW)
    exchange.publish_interface(flow_interface(), source="i.yaml", by="op", now=NOW)
    ingest(tmp_path, "1,1,a\n")
    return tmp_path


def ingest(home: Path, rows: str) -> lake.IngestResult:
    path = home / "rows.csv"
    path.write_text(f"id,value,name\n{rows}")
    return lake.ingest("flow", path, by="op", now=NOW)


def served(home: Path) -> int:
    return read_manifest(home / "serving" / "flow_by_id").version


def dies(dataset_id: str) -> None:
    raise KeyboardInterrupt


def test_nothing_is_told_twice(home: Path) -> None:
    assert lake.reconcile() == []


@pytest.mark.parametrize("place", ["announce", "follow_log"])
def test_after_a_death_before_the_neighbours_know(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    owner = announcing if place == "announce" else announcing.catalogue
    with monkeypatch.context() as patch:
        patch.setattr(owner, place, dies)
        with pytest.raises(KeyboardInterrupt):
            ingest(home, "2,1,b\n")
    present = lake.describe("flow").version
    assert served(home) == 1
    before = len(jobs.jobs(kind="lake.quality"))
    assert lake.reconcile() == ["flow"]
    assert served(home) == 2
    assert (lake.describe("flow").version, lake.describe("flow").rows) == (2, 2)
    assert present == (2 if place == "announce" else 1)
    assert len(jobs.jobs(kind="lake.quality")) == before + 1
    assert lake.reconcile() == []


def test_a_dataset_that_fails_does_not_keep_the_others_waiting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Dataset.objects.update(announced=None)
    lake.register(flow_contract().replace('"flow"', '"gauge"'), by="op", now=NOW)
    Dataset.objects.filter(id="gauge").update(version=0)
    whole, told = announcing.announce, []

    def fails_first(dataset_id: str) -> None:
        told.append(dataset_id)
        if dataset_id == "flow":
            raise OSError("no")
        whole(dataset_id)

    with monkeypatch.context() as patch:
        patch.setattr(announcing, "announce", fails_first)
        with pytest.raises(ExceptionGroup) as caught:
            lake.reconcile()
    assert [str(each) for each in caught.value.exceptions] == ["no"]
    assert told == ["flow", "gauge"]
    assert lake.reconcile() == ["flow"]


def test_the_worker_looks_every_few_minutes(home: Path) -> None:
    [often] = [each for each in jobs.schedules() if each.kind == "lake.reconcile"]
    assert often.every_s == 300
    Dataset.objects.update(announced=0)
    jobs.enqueue("lake.reconcile", {}, by="op", now=clock.now())
    job = lease.claim("w", kinds=("lake.reconcile",), lease_s=60, now=clock.now())
    assert job is not None
    run(Held(job, clock.now, threading.Event(), 60, 60))
    assert jobs.show(job.id).result == {"mended": ["flow"]}

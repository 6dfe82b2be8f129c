"""A rotation of the key of subjects: everything follows, judged pairs stay judged, both are found."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import personal_cells as writers
from duokua.audit import facade as audit
from duokua.cli.app import app
from duokua.engine.index import SUBJECT, open_index
from duokua.engine.manifest import read_manifest
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.jobs import facade as jobs
from duokua.kernel import clock, environment
from duokua.lake import facade as lake
from duokua.lake import rekeying, reviewing, subject_keys
from duokua.lake.matching import current_key
from duokua.lake.proposal import propose
from duokua.serving import keys
from duokua.serving.receipt_subjects import pseudonyms

NOW = datetime(2026, 5, 6, tzinfo=UTC)
INTERFACE = """\
interface: worker_by_id
version: 1.0.0
title: {zh: 工人, en: Workers}
description: {zh: 工人, en: Workers}
dataset: worker
shape: lookup
columns: [%s]
"""
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


def people(home: Path) -> list[str]:
    """Two datasets of six persons; of one of them the names differ."""
    numbers = []
    for at in range(6):
        body = f"33010219{50 + at}0307{100 + at}"
        numbers.append(body + writers.id_check(body))
    names = [writers.SURNAMES[at] + "伟" + writers.GIVEN[at] for at in range(7)]
    phones = ["138" + writers.digits(random.Random(at), 8) for at in range(6)]
    for dataset, shift in (("worker", 0), ("patient", 1)):
        rows = [
            f"W{at},{names[at + (shift if at == 3 else 0)]},{numbers[at]},{phones[at]}"
            for at in range(6)
        ]
        path = home / f"{dataset}.csv"
        path.write_text("工号,姓名,身份证号,手机号\n" + "\n".join(rows) + "\n", "utf-8")
        lake.register(propose(path, dataset=dataset, owner="housing").yaml, by="a", now=NOW)
        lake.ingest(dataset, path, by="a", now=NOW)
    contract = lake.contract("worker")
    exchange.publish_interface(
        INTERFACE % ", ".join(contract.by_name), source="i.yaml", by="a", now=NOW
    )
    return numbers


def stored(home: Path) -> set[str]:
    """Return the pseudonyms in the index."""
    folder = home / "serving" / "worker_by_id"
    index = open_index(folder / read_manifest(folder).index)
    found = {str(row[0]) for row in index.execute(f'select "{SUBJECT}" from rows')}
    index.close()
    return found


def secret() -> bytes:
    return environment.read().secret()


def test_indexes_and_judged_pairs_follow_and_a_search_finds_both(home: Path) -> None:
    numbers = people(home)
    run = reviewing.run("worker", "patient", key=current_key(secret()), by="a", now=NOW)
    assert (run.exact, run.conflict) == (5, 1)
    (pair,) = reviewing.pairs(run.id)
    reviewing.decide(run.id, pair.id, "different", by="a", now=NOW)
    before, value = stored(home), numbers[0]
    searched = pseudonyms(secret(), value)
    told = rekeying.rekey(by="op", now=NOW)
    assert (told.key_id, told.known, told.waiting) == ("p2", ("p1", "p2"), 2)
    assert stored(home) == before  # it goes on being served meanwhile
    assert searched < pseudonyms(secret(), value)
    found = {each.hex() for each in pseudonyms(secret(), value)}
    assert found & before
    for _ in range(2):  # a job that is killed is done again
        for job in jobs.jobs(kind=rekeying.KIND):
            rekeying.follow(job.payload["dataset"], by="lake", now=NOW)
    after = stored(home)
    assert len(after) == 6
    assert not after & before
    assert found & after
    (again,) = reviewing.pairs(run.id)
    assert (again.id, again.verdict) == (pair.id, "different")
    assert again.left.startswith("p2:")
    assert reviewing.runs_of("worker")[0].exact == 5
    assert [each.of for each in audit.find(verb="data.subjects.rekeyed")] == ["p2"]


def test_rows_that_come_meanwhile_are_under_the_new_key(home: Path) -> None:
    people(home)
    before = stored(home)
    rekeying.rekey(by="op", now=NOW)
    more = home / "more.csv"
    shutil.copy(home / "worker.csv", more)
    lake.ingest("worker", more, batch="more", mode="upsert", by="a", now=NOW)
    assert not stored(home) & before  # never of two keys in one index


def test_an_erased_subject_is_known_under_every_key(home: Path) -> None:
    numbers = people(home)
    marks = lake.whom("person", numbers[0]).marks
    rekeying.rekey(by="op", now=NOW)
    subject = lake.whom("person", numbers[0])
    assert subject.marks == marks  # who was erased stays barred
    assert [each.partition(":")[0] for each in subject.known_as] == ["p1", "p2"]


def test_the_command_shows_first_and_a_death_is_made_up_for(home: Path) -> None:
    people(home)
    run = CliRunner()
    assert '"key": "p1"' in run.invoke(app, ["subject", "rekey", "--json"]).stdout
    keys.add_subject_id()  # as if the process had died right here
    assert '"waiting": 0' in run.invoke(app, ["subject", "keys", "--json"]).stdout
    rekeying.resume_lately(by="lake", now=clock.now() + timedelta(days=3))
    assert rekeying.status().waiting == 0
    rekeying.resume_lately(by="lake", now=clock.now())
    assert rekeying.status().waiting == 2
    done = run.invoke(app, ["subject", "rekey", "--yes", "--json"])
    assert '"key": "p3"' in done.stdout, done.output
    assert subject_keys.every_id() == ("p1", "p2", "p3")

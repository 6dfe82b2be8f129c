"""Derived datasets: checked at registration, made from exact versions, traced by column."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts import DERIVED, PLAIN
from duokua.identity import facade as identity
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Conflict, Invalid
from duokua.kernel.text import Text
from duokua.lake import derived, places
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake of its own, with the contract of workers in it."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    for code in ("housing", "health"):
        identity.ensure_department(code, code, code)
    lake.register(PLAIN, by="li", now=NOW)
    return tmp_path


def register(text: str = DERIVED) -> None:
    lake.register(text, by="li", now=NOW)


def ingest(folder: Path, rows: str) -> None:
    path = folder / "workers.csv"
    path.write_text("工号,phone,entered_at\n" + rows, encoding="utf-8")
    lake.ingest("site_worker", path, mode="replace", by="li", now=NOW)


def made() -> dict[str, int]:
    opened = lake.open_rows("phone_use", ["phone", "workers"])
    assert opened is not None
    return {row["phone"]: row["workers"] for batch in opened[1] for row in batch.to_pylist()}


def test_it_is_made_once_for_each_version_of_its_input(home: Path) -> None:
    register()
    ingest(home, "W1,1,\nW2,1,\nW3,2,\nW4,,\nW5,2,2026-01-01 08:00\n")
    first = lake.refresh_derived("phone_use", by="li", now=NOW)
    assert made() == {"1": 2, "2": 1, "none": 1}
    again = lake.refresh_derived("phone_use", by="li", now=NOW)
    assert (first.landed, again.landed, again.version) == (True, False, first.version)
    ingest(home, "W1,7,\n")
    assert lake.refresh_derived("phone_use", by="li", now=NOW).landed
    assert made() == {"7": 1}


def test_lineage_is_known_in_both_directions(home: Path) -> None:
    register()
    edges = [
        lake.Edge("phone_use", "", "site_worker", "entered_at"),
        lake.Edge("phone_use", "", "site_worker", "phone"),
        lake.Edge("phone_use", "phone", "site_worker", "phone"),
    ]
    assert lake.upstream("phone_use") == edges
    assert lake.downstream("site_worker") == edges
    assert lake.upstream("phone_use", column="phone") == edges
    assert lake.downstream("site_worker", column="phone") == edges[1:]
    assert lake.downstream("site_worker", column="worker_id") == []
    assert lake.derived_from("site_worker") == ["phone_use"]
    assert lake.upstream("site_worker") == []


def test_a_new_version_asks_for_what_stands_on_it(home: Path) -> None:
    register()
    ingest(home, "W1,1,\n")
    waiting = {(job.kind, job.payload["dataset"]) for job in jobs.jobs()}
    assert waiting == {
        ("lake.profile", "site_worker"),
        ("lake.quality", "site_worker"),
        ("lake.refresh", "phone_use"),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("classification: L3", "classification: L2", "below L3"),
        ("          - {property: personal, value: phone}\n", "", "personal data"),
        ("personal, value: phone", "personal, value: name", "made of phone and marked name"),
        ("as workers", "as heads", "does not make this column"),
        ("from site_worker", "from nowhere", "no dataset"),
        ("ownerDepartment, value: housing", "ownerDepartment, value: health", "no dataset"),
    ],
)
def test_a_contract_that_does_not_fit_its_sql_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        register(DERIVED.replace(old, new))
    assert any(said in fault.what.en for fault in caught.value.faults)


def test_a_circle_is_refused(home: Path) -> None:
    register()
    circle = PLAIN.replace("version: 1.0.0", "version: 1.1.0").replace(
        "  - {property: level, value: L3}\n",
        "  - {property: level, value: L3}\n"
        '  - {property: sql, value: "select phone as worker_id, phone, null as entered_at '
        'from phone_use"}\n',
    )
    with pytest.raises(Invalid) as caught:
        register(circle)
    assert any("derived from this one" in fault.what.en for fault in caught.value.faults)


def test_without_input_or_sql_there_is_nothing_to_make(home: Path) -> None:
    register()
    with pytest.raises(Conflict):
        lake.refresh_derived("phone_use", by="li", now=NOW)
    with pytest.raises(Conflict):
        lake.refresh_derived("site_worker", by="li", now=NOW)


def test_a_column_that_no_file_of_the_input_has_yet_is_empty(home: Path) -> None:
    ingest(home, "W1,1,\nW2,2,\n")
    trade = PLAIN.replace("version: 1.0.0", "version: 1.1.0") + (
        "      - name: trade\n        logicalType: string\n        customProperties:\n"
        "          - {property: titleZh, value: 工种}\n"
        "          - {property: titleEn, value: Trade}\n"
    )
    lake.register(trade, by="li", now=NOW)
    register(DERIVED.replace("entered_at is null", "entered_at is null and trade is null"))
    assert lake.refresh_derived("phone_use", by="li", now=NOW).landed
    assert made() == {"1": 1, "2": 1}


def test_what_was_made_of_older_versions_never_lands_over_what_is_newer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two that make it anew the later waits, and then reads what there is by then."""
    register()
    ingest(home, "W1,1,\n")
    place = places.derivation_lock("phone_use")
    taken = derived.exclusive

    @contextmanager
    def waiting(lock: Path) -> Iterator[None]:
        if lock == place:
            ingest(home, "W1,7,\n")  # while another has the lock
        with taken(lock):
            yield

    def alone(*told: Any) -> None:
        handle = os.open(place, os.O_RDWR)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(handle)
        run_sql(*told)

    run_sql = derived.run_sql
    monkeypatch.setattr(derived, "exclusive", waiting)
    monkeypatch.setattr(derived, "run_sql", alone)
    assert lake.refresh_derived("phone_use", by="li", now=NOW).landed
    assert made() == {"7": 1}


def test_what_is_counted_from_people_is_never_open(home: Path) -> None:
    """A count of one tells of somebody; figures for everybody come from a cube."""
    day = Column("day", Kind.STRING, Text("日", "Day"), required=True)
    heads = Column("heads", Kind.INTEGER, Text("人数", "Heads"))
    counted = Contract(
        "heads_of_day", "1.0.0", Text("每日人数", "Heads"), Text("每日人数", "Heads"), "housing",
        Level.L1, (day, heads), ("day",),
        sql="select cast(entered_at as varchar) as day, count(*) as heads from site_worker "
        "group by entered_at",
    )  # fmt: skip
    with pytest.raises(Invalid) as caught:
        register(dump_contract(counted))
    assert any("cannot be L1" in fault.what.en for fault in caught.value.faults)
    register(dump_contract(replace(counted, level=Level.L2)))

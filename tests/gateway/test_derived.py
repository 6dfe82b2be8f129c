"""An interface over SQL over datasets of two departments: made, granted, called, and followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from duokua.lang.contract import Kind, Level
from duokua.lang.mask import Keep
from duokua.lang.predicate import Compare
from gateway import published
from gateway.published import Published, column
from gateway.world import Gateway, Home

pytestmark = pytest.mark.django_db(transaction=True)

SQL = (
    "select w.worker_id as worker_id, w.name as name, s.street as street "
    "from worker w join site s on w.site_id = s.site_id where w.wage < 100"
)
PAGE = """\
interface: low_pay
version: 1.0.0
title: {zh: 低薪, en: Low pay}
description: {zh: 说明, en: Description}
dataset: low_pay
shape: page
columns: [worker_id, name, street]
parameters: [{name: street, column: street}]
"""


def derived(level: Level, name_level: Level = Level.L3) -> None:
    """Register the derived dataset of housing over its workers and the sites of planning."""
    columns = [
        column("worker_id", Kind.INTEGER, required=True),
        column("name", level=name_level, personal="name"),
        column("street"),
    ]
    published.register(
        "low_pay", columns, owner="housing", level=level, sql=SQL, subject="worker_id"
    )


@pytest.fixture
def platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: Callable[[Home], Gateway]
) -> Published:
    """Two departments with a dataset each."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    identity.ensure_department("planning", "规划局", "Planning")
    published.register(
        "worker",
        [
            column("worker_id", Kind.INTEGER, required=True),
            column("name", level=Level.L3, personal="name"),
            column("site_id"),
            column("wage", Kind.INTEGER, level=Level.L3, personal="income"),
        ],
        owner="housing", level=Level.L3, subject="worker_id",
    )  # fmt: skip
    published.register(
        "site", [column("site_id", required=True), column("street")],
        owner="planning", level=Level.L1,
    )  # fmt: skip
    made = Published(Home(tmp_path))
    made.load("site", "site_id,street\nS1,文一路\nS2,古墩路\n", "a")
    made.load(
        "worker",
        "worker_id,name,site_id,wage\n1,张小明,S1,90\n2,李雷,S2,80\n3,韩梅梅,S1,200\n",
        "a",
    )
    made.gateway = starts(made.home)
    return made


def test_a_join_of_two_departments_is_served(platform: Published) -> None:
    derived(Level.L3)
    lake.refresh_derived("low_pay", by="b", now=published.now())
    platform.publish(PAGE)
    platform.grant("low_pay", "app", "planning", masks=(("name", Keep(1, 0)),))
    platform.grant(
        "low_pay", "street_app", "planning", row_filter=Compare("street", "eq", "古墩路"),
        masks=(("name", Keep(1, 0)),),
    )  # fmt: skip
    reply = platform.ask("app", "/data/low_pay")
    assert reply.rows == [
        {"worker_id": 1, "name": "张****", "street": "文一路"},
        {"worker_id": 2, "name": "李****", "street": "古墩路"},
    ]
    assert [row["worker_id"] for row in platform.ask("street_app", "/data/low_pay").rows] == [2]
    assert platform.ask("app", "/data/low_pay", street="文一路").rows == reply.rows[:1]
    receipt = platform.home.receipt(reply.headers["duokua-receipt"])
    assert receipt["rows"] == 2 and len(receipt["subjects"]) == 2
    # a load of either department is followed
    platform.load("worker", "worker_id,name,site_id,wage\n4,王五,S2,70\n", "b")
    platform.load("site", "site_id,street\nS1,文三路\n", "c", mode="upsert")
    lake.refresh_derived("low_pay", by="b", now=published.now())
    platform.settle()
    assert [row["street"] for row in platform.ask("app", "/data/low_pay").rows] == [
        "文三路", "古墩路", "古墩路",
    ]  # fmt: skip


def test_levels_are_those_of_what_it_is_made_of_and_decided_by(platform: Published) -> None:
    with pytest.raises(Invalid) as error:
        derived(Level.L3, name_level=Level.L2)
    assert any("name" in fault.where for fault in error.value.faults)
    columns = [column("worker_id", Kind.INTEGER, required=True), column("street")]
    sql = SQL.replace("w.name as name, ", "")
    with pytest.raises(Invalid) as error:
        published.register("low_pay", columns, owner="housing", level=Level.L2, sql=sql)
    assert any("level" in fault.where for fault in error.value.faults)
    assert "worker.wage" in error.value.faults[-1].what.en


def test_what_is_decided_by_protected_columns_cannot_be_open(platform: Published) -> None:
    """Also where every column that is shown is open by itself."""
    derived(Level.L3)
    text = PAGE.replace("[worker_id, name, street]", "[worker_id, street]") + "open: true\n"
    with pytest.raises(Invalid) as error:
        platform.publish(text)
    assert "decide" in error.value.faults[0].what.en
    assert exchange.interfaces(dataset="low_pay") == []

"""People of two departments, two datasets, two interfaces, one grant and a ledger of calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from duokua.kernel import environment
from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.lang.grant import Quota
from duokua.lang.mask import Keep
from duokua.lang.odcs import dump_contract
from duokua.ledger.record import ZERO, Header, chain, segment_path
from people import PASSWORD, PEOPLE

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)

WORKER = Contract(
    id="worker",
    version="1.0.0",
    title=Text("务工人员", "Workers"),
    description=Text("进场登记", "Registered on site"),
    owner="dept_a",
    level=Level.L3,
    columns=(
        Column("worker_id", Kind.INTEGER, Text("编号", "Number"), required=True),
        Column("phone", Kind.STRING, Text("电话", "Phone"), level=Level.L3, personal="phone"),
        Column(
            "trade",
            Kind.STRING,
            Text("工种", "Trade"),
            codes=(Code("crane", Text("塔吊司机", "Crane driver")),),
        ),
    ),
    key=("worker_id",),
    subject="worker_id",
)
AIR = Contract(
    id="air",
    version="1.0.0",
    title=Text("空气质量", "Air quality"),
    description=Text("小时均值", "Hourly means"),
    owner="dept_b",
    level=Level.L1,
    columns=(
        Column("station", Kind.STRING, Text("监测点", "Station"), required=True),
        Column("pm25", Kind.NUMBER, Text("细颗粒物", "Fine dust"), unit="ug/m3"),
    ),
    key=("station",),
)
INTERFACES = (
    """\
interface: worker_by_id
version: 1.0.0
title: {zh: 按编号查人员, en: A worker by number}
description: {zh: 一人一行, en: One row each}
dataset: worker
shape: lookup
columns: [worker_id, phone, trade]
""",
    """\
interface: air_now
version: 1.0.0
title: {zh: 空气质量查询, en: Air now}
description: {zh: 分页, en: By page}
dataset: air
shape: page
columns: [station, pm25]
parameters: [{name: station, column: station, op: eq}]
order: [station]
open: true
""",
)


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Collect static files into a folder of this worker's own: two at once would race."""
    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static")):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, static_root: None) -> None:
    """Build the district once: hashing a password is slow on purpose."""
    with django_db_blocker.unblock():
        _people()
        _resources()
    _calls()


def _people() -> None:
    from duokua.identity import facade as identity

    for letter in "abc":
        identity.ensure_department(f"dept_{letter}", f"{letter}局", f"Bureau {letter.upper()}")
    for name, (department, role) in PEOPLE.items():
        identity.ensure_person(name, PASSWORD, f"某{name}", f"Person {name}", department, role)


def _resources() -> None:
    from duokua.exchange import facade as exchange
    from duokua.exchange.values import GrantOrder
    from duokua.lake import facade as lake

    for contract in (WORKER, AIR):
        lake.register(dump_contract(contract), by="steward_a", now=NOW)
    for text in INTERFACES:
        exchange.publish_interface(text, source="test.yaml", by="steward_a", now=NOW)
    exchange.create_client(
        title="安全监管", department="dept_b", by="steward_a", now=NOW, client_id="watch"
    )
    exchange.open_grant(
        GrantOrder(
            client="watch",
            interface="worker_by_id",
            purpose="持证核查",
            basis="条例第二十五条",
            valid_until=NOW + timedelta(days=3650),
            columns=("worker_id", "phone"),
            masks=(("phone", Keep(3, 4)),),
            quota=Quota(calls_per_day=1000),
        ),
        by="steward_a",
        now=NOW,
    )


def _calls() -> None:
    """Write a ledger: b calls a's interface twice, anybody calls the open one, a stream ends."""
    bodies = [
        _opening(1, "worker_by_id", "dept_b", person="developer_b", rows=1),
        _opening(2, "worker_by_id", "dept_b", person=None, rows=0),
        _opening(3, "air_now", "open", person=None, rows=2),
        _opening(4, "worker_by_id", "dept_b", person=None, rows=None),
        {"seq": 5, "kind": "close", "of": "r-4", "at": NOW.timestamp() + 9, "rows": 7000,
         "bytes": 9000, "subjects": None, "status": "complete"},
    ]  # fmt: skip
    written = [json.dumps(body, separators=(",", ":")).encode() for body in bodies]
    links = chain("sm3", ZERO, written)
    lines = [link + b" " + body + b"\n" for link, body in zip(links, written, strict=True)]
    folder = environment.read().ledger / "receipts"
    folder.mkdir(parents=True)
    header = Header("receipts", "sm3", 1, ZERO).line()
    segment_path(folder, 1).write_bytes(header + b"".join(lines))

    from duokua.portal.receipts import index
    from duokua.serving import receipt_index

    assert receipt_index.catch_up(folder, index()) == len(bodies)


def _opening(
    seq: int, interface: str, department: str, *, person: str | None, rows: int | None
) -> dict[str, Any]:
    return {
        "seq": seq, "kind": "open", "id": f"r-{seq}", "at": NOW.timestamp() + seq, "grant": "g",
        "client": "watch", "department": department, "person": person, "purpose": "持证核查",
        "basis": "条例第二十五条", "interface": interface, "iv": "1.0.0", "dv": 1, "pv": 1,
        "params": "0" * 32, "columns": ["worker_id"], "rows": rows,
        "subjects": None if rows is None else ["0" * 16] * rows, "door": "data",
    }  # fmt: skip


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Return a function that gives a signed-in browser in a language."""
    from django.contrib.auth import get_user_model

    def browser(name: str, language: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        client.cookies["duokua_language"] = language
        return client

    return browser

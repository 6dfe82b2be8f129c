"""Pages of streams and devices: what they show, whose, and what a steward may do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from contracts import dump_contract
from duokua.identity import facade as identity
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.sensing import facade as sensing
from duokua.sensing.models import DeviceTrouble
from duokua.sensing.worker import step
from people import PASSWORD
from sensing_world import STREAM, arrival, arrive

NUMBERS = itertools.count()  # the lake outlasts a test, its database does not
Browser = Callable[..., Client]


@pytest.fixture(autouse=True)
def crane(db: None) -> None:
    title = Text("塔吊读数", "Readings of cranes")
    columns = (
        Column("device_id", Kind.STRING, title, required=True),
        Column("seq", Kind.INTEGER, title, required=True),
        Column("measured_at", Kind.TIMESTAMP, title, required=True),
        Column("wind_speed", Kind.NUMBER, Text("风速", "Wind"), unit="m/s"),
        Column("load", Kind.NUMBER, Text("载荷", "Load"), unit="t", level=Level.L3),
    )
    contract = Contract("crane_reading", "1.0.0", title, title, "dept_a", Level.L3, columns,
                        ("device_id", "seq"))  # fmt: skip
    now = clock.now()
    lake.register(dump_contract(contract), by="me", now=now)
    sensing.declare(STREAM, source="s.yaml", by="me", now=now)
    orders = [sensing.DeviceOrder(f"C{n}", f"塔吊 {n}") for n in range(1, 40)]
    sensing.add_devices("crane_reading", orders, by="me", now=now)
    at = now - timedelta(minutes=1)
    events = [
        {"device_id": "C1", "seq": n, "measured_at": iso(at), "wind_speed": 3.5, "load": 7.25}
        for n in (next(NUMBERS), next(NUMBERS))
    ]
    arrive(arrival("C1", *events, {"device_id": "C2", "seq": 1}, at=now))
    step(now)


def test_a_device_shows_its_newest_values_but_none_that_is_kept(sign_in: Browser) -> None:
    page = sign_in("steward_a", "en").get("/devices/C1/").content.decode()
    assert "3.5" in page and "m/s" in page and "polyline" in page
    assert "7.25" not in page and "Load" not in page  # classified L3: not outside a governed call
    quiet = sign_in("steward_a", "en").get("/devices/C1/", headers={"X-Quiet": "1"})
    assert quiet.content.decode().startswith('<section id="now"')


def test_a_stream_tells_what_stands_aside_and_why(sign_in: Browser) -> None:
    browser = sign_in("bureau_a", "en")
    page = browser.get("/streams/crane_reading/").content.decode()
    assert "instant without an offset" in page or "lacks a value" in page
    assert browser.get("/streams/crane_reading/?reason=unit").content.decode().count("<tr>") < 4
    told = browser.get("/streams/crane_reading/?export=json").json()["refused"]
    assert told[0]["sender"] == "C1"


def test_devices_are_filtered_sorted_and_paged(sign_in: Browser) -> None:
    browser = sign_in("auditor_c", "en")
    first = browser.get("/devices/?stream=crane_reading&sort=-id")
    ids = [each.id for each in first.context["page"].rows]
    assert ids == sorted(ids, reverse=True) and len(ids) == 25
    second = browser.get(
        f"/devices/?stream=crane_reading&sort=-id&after={first.context['page'].next}"
    )
    assert len({*ids, *(each.id for each in second.context["page"].rows)}) == 39
    assert [e.id for e in browser.get("/devices/?q=C39").context["page"].rows] == ["C39"]
    DeviceTrouble.objects.create(
        device_id="C7", kind="lost", since=clock.now(), seen_at=clock.now()
    )
    lost = browser.get("/devices/?trouble=lost").context["page"].rows
    assert [each.id for each in lost] == ["C7"]


def test_other_departments_see_nothing_of_it(sign_in: Browser) -> None:
    identity.ensure_person("steward_of_b", PASSWORD, "某", "steward of b", "dept_b", "steward")
    browser = sign_in("steward_of_b", "en")
    assert browser.get("/devices/").context["page"].rows == ()
    assert browser.get("/streams/").context["rows"] == []
    for path in ("/devices/C1/", "/streams/crane_reading/"):
        assert browser.get(path).status_code == 404
    assert browser.post("/devices/C1/act/", {"verb": "key"}).status_code == 403


def test_a_steward_suspends_hands_out_keys_and_sets_maintenance(sign_in: Browser) -> None:
    browser = sign_in("steward_a", "en")

    def act(**told: str) -> str:
        return browser.post("/devices/C1/act/", told, follow=True).content.decode()

    assert "dk_C1." in act(verb="key")
    assert "Revoke" in act(verb="suspend") and "Suspended" in act(verb="suspend")
    assert "revoked" in act(verb="revoke", number="1")
    assert "no live key" in act(verb="revoke", number="1")
    assert "maintenance window is set" in act(verb="maintain", hours="8", reason="换件")
    assert "wrong" in act(verb="maintain", hours="8", reason=" ")
    act(verb="resume")
    assert sensing.device("C1").state == sensing.DeviceState.ACTIVE
    assert browser.post("/devices/C1/act/", {"verb": "odd"}).status_code == 403

"""The whole chain of a stream: an event at the door, believed, read under a grant, a case; and its end."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as pa_ipc
import pytest

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel import clock, environment
from duokua.kernel.clock import iso
from duokua.lake import facade as lake
from duokua.loop.facade import cases, rules, scenarios
from duokua.pack import facade as packs
from duokua.project.demo.scenarios import gateway
from duokua.sensing import facade as sensing
from duokua.sensing.worker import step
from pack_world import settle
from scenario_packs import files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.campaign]
PACK = "demo_wind"
STREAM = """\
stream: crane_live
title: {zh: 塔吊读数, en: Readings of cranes}
dataset: crane_live
device: device_id
at: measured_at
sequence: seq
heartbeat: 60s
measures:
  wind_speed: {unit: m/s, least: 0, most: 75, jump: 10, frozen: 30m}
  moment_percent: {unit: "%", least: 0, most: 150}
"""
FEED = """\
interface: crane_live_feed
version: 1.0.0
title: {zh: 塔吊读数实时流, en: Live readings of cranes}
description: {zh: 最近两小时的读数, en: The readings of the last two hours}
dataset: crane_live
shape: changes
columns: [device_id, seq, measured_at, wind_speed, moment_percent, lifting]
"""


@pytest.fixture
def keys(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Return the keys of two cranes of a district whose gateway runs."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settle()
    identity.ensure_person(
        "chief", "a long password", "某", "chief", "housing_construction", "head"
    )
    now = clock.now()
    told = files(PACK)
    lake.register(told["contracts/crane_live.odcs.yaml"], by="me", now=now)
    sensing.declare(STREAM, source="s.yaml", by="me", now=now)
    exchange.publish_interface(FEED, source="f.yaml", by="me", now=now)
    orders = [sensing.DeviceOrder(name, f"塔吊 {name}") for name in ("C1", "C2")]
    sensing.add_devices("crane_live", orders, by="me", now=now)
    with gateway(environment.read()):
        yield {name: sensing.add_key(name, by="me", now=now) for name in ("C1", "C2")}
    scenarios.close_workers()


def chief() -> Person:
    (found,) = identity.people_with(Role.HEAD, "housing_construction", clock.now(), delegated=False)
    return found


def send(key: str, body: bytes, media: str = "application/json", path: str = "crane_live") -> Any:
    """Post a body to the door; return status and answer."""
    settings = environment.read()
    request = urllib.request.Request(
        f"http://127.0.0.1:{settings.port}/ingest/{path}", data=body, method="POST",
        headers={"content-type": media, "authorization": f"Bearer {key}", "accept-language": "en"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def reading(device: str, seq: int, at: datetime, wind: float, **more: Any) -> dict[str, Any]:
    return {
        "device_id": device, "seq": seq, "measured_at": iso(at), "wind_speed": wind,
        "lifting": True, **more,
    }  # fmt: skip


def levels(now: datetime) -> dict[str, str]:
    """Return the open cases by what they are about."""
    page = cases.page(chief(), {"pack": PACK}, now=now)
    return {row.subject: str(row.level) for row in page.rows if row.state != "closed"}


def test_a_gust_becomes_a_case_and_calm_ends_its_finding(keys: dict[str, str]) -> None:
    now = clock.now() - timedelta(hours=1)  # what a door takes is not of the future
    packs.install(files(PACK), by="me", now=now)
    calm = [reading("C1", n, now + timedelta(seconds=n), 4.0) for n in range(1, 4)]
    assert send(keys["C1"], json.dumps(calm).encode()) == (202, {"taken": 3})
    step(now)
    (run,) = rules.evaluate(PACK, now=now)
    assert run.error is None and levels(now) == {}

    later = now + timedelta(seconds=30)
    lines = b"\n".join(json.dumps(reading("C1", n, later, 14.0)).encode() for n in (4, 5))
    assert send(keys["C1"], lines, "application/x-ndjson")[0] == 202
    rows = {
        "device_id": ["C2"], "seq": [1], "measured_at": pa.array([later], pa.timestamp("us", "UTC")),
        "wind_speed": [22.5], "lifting": [False],
    }  # fmt: skip
    sink = pa.BufferOutputStream()
    table = pa.table(rows)
    with pa_ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    media = "application/vnd.apache.arrow.stream"
    assert send(keys["C2"], sink.getvalue().to_pybytes(), media) == (202, {"taken": 1})
    step(later)
    (run,) = rules.evaluate(PACK, now=later)
    assert run.error is None and run.receipts  # read under the pack's grant, with a receipt
    assert not run.whole  # only the cranes that were heard of
    assert levels(later) == {'["C1"]': "orange", '["C2"]': "red"}

    for minutes in (2, 6, 8):
        at = now + timedelta(minutes=minutes)
        for name in keys:
            send(keys[name], json.dumps(reading(name, 100 + minutes, at, 5.0)).encode())
        step(at)
        (run,) = rules.evaluate(PACK, now=at)
    assert run.cleared == 2 and levels(at) == {'["C1"]': "orange", '["C2"]': "red"}
    silent = at + timedelta(minutes=30)
    step(silent)
    (run,) = rules.evaluate(PACK, now=silent)
    assert run.counts.get("unknown") == 2  # who says nothing is not normal


def test_doors_refuse_who_is_not_known_and_what_cannot_be_read(keys: dict[str, str]) -> None:
    event = json.dumps(reading("C1", 1, clock.now(), 3.0)).encode()
    key = keys["C1"]
    assert send(key, event, path="no_such_stream")[0] == 403
    assert send("dk_C1.wrong", event)[1]["code"] == "key_invalid"
    assert send("", event)[0] == 401
    assert send(key, b"{", "application/json")[0] == 422
    assert send(key, b"[]")[0] == 422
    assert send(key, b"7")[0] == 422
    assert send(key, event, "text/plain")[0] == 415
    assert send(key, b"no arrow", "application/vnd.apache.arrow.stream")[0] == 422
    assert send(key, b"\n" * (17 << 20), "application/x-ndjson")[0] == 413
    sensing.revoke_key("C1", 1, by="me", now=clock.now())
    assert send(key, event)[1]["code"] == "key_invalid"
    sensing.move("C2", active=False, by="me", now=clock.now())
    assert send(keys["C2"], event)[0] == 401

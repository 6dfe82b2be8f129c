"""A district with one stream of gauges behind hubs, and a pack of rules over it: what events are sent to."""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

OWNER, BATCH, HUBS = "bench_bureau", 1_000, 4
STREAM = """\
stream: gauge
title: {zh: 基准, en: Bench}
dataset: gauge
device: device_id
at: at
sequence: seq
measures:
  wind: {unit: m/s, least: 0, most: 90}
"""
FEED = """\
interface: gauge_feed
version: 1.0.0
title: {zh: 基准, en: Bench}
description: {zh: 基准, en: Bench}
dataset: gauge
shape: changes
columns: [device_id, seq, at, wind]
"""
_PACK = f"""\
pack: bench_wind
title: {{zh: 基准, en: Bench}}
description: {{zh: 基准, en: Bench}}
version: 1.0.0
platform: ">=0.1,<9.0"
owner: {OWNER}
tier: bronze
purpose: bench
basis: {{zh: 基准, en: bench}}
consumes: [{{table: gauge, interface: gauge_feed, newest: [device_id], by: at}}]
roles:
  inspector: {{title: {{zh: 巡查员, en: Inspector}}, role: handler}}
"""
_PARAMETERS = """\
limit:
  title: {zh: 上限, en: Limit}
  unit: m/s
  values:
    2024-01-01: {value: 50, source: bench, mark: P}
"""
_PLAYBOOK = """\
title: {zh: 检查, en: Look}
clocks:
  all: {accept: 2h, dispose: 3d, verify: 3d}
tasks:
  - id: inspect
    title: {zh: 检查, en: Look}
    department: $owner
    role: inspector
    order: {zh: 检查, en: Look.}
    asks: []
verify: {by: no_finding}
"""
_RULE = """\
/*
title: {{zh: 规则{n}, en: Rule {n}}}
kind: state
basis: [{{text: {{zh: 基准, en: Bench}}, source: bench, mark: P}}]
subject: [device_id]
playbook: inspect
*/
select device_id, arg_max(wind, at) as value, $limit as threshold,
  case when arg_max(wind, at) > $limit + {n} * {n} then 'red' else 'none' end as level
from gauge group by device_id
"""
_SENTENCES = """\
- name: 高 / high
  rule: rule_{n}
  at: 2026-05-06T12:00
  given: {{gauge: [{{device_id: D1, seq: 1, at: 2026-05-06T11:59:00+08:00, wind: 9999}}]}}
  expect: [{{device_id: D1, level: red}}]
- name: 低 / low
  rule: rule_{n}
  at: 2026-05-06T12:00
  given: {{gauge: [{{device_id: D1, seq: 1, at: 2026-05-06T11:59:00+08:00, wind: 1}}]}}
  expect: []
"""


def contract() -> str:
    """Return the contract of the readings."""
    from duokua.kernel.text import Text
    from duokua.lang.contract import Column, Contract, Kind, Level
    from duokua.lang.odcs import dump_contract

    both = Text("基准", "Bench")
    columns = (
        Column("device_id", Kind.STRING, both, required=True),
        Column("seq", Kind.INTEGER, both, required=True),
        Column("at", Kind.TIMESTAMP, both, required=True),
        Column("wind", Kind.NUMBER, both, unit="m/s"),
    )
    return dump_contract(
        Contract("gauge", "1.0.0", both, both, OWNER, Level.L1, columns, ("device_id", "seq"))
    )


def pack_files(rules: int) -> dict[str, str]:
    """Return the files of a pack with so many rules, of which the first is the strictest."""
    files = {
        "pack.yaml": _PACK,
        "parameters/limits.yaml": _PARAMETERS,
        "playbooks/inspect.yaml": _PLAYBOOK,
        "contracts/gauge.odcs.yaml": contract(),
        "quality.yaml": "rules: {sentences: done, parameters: done, playbooks: done}\n",
    }
    for n in range(rules):
        files[f"rules/rule_{n}.sql"] = _RULE.format(n=n)
        files[f"tests/rule_{n}.yaml"] = _SENTENCES.format(n=n)
    return files


def prepare(devices: int, rules: int) -> dict[str, str]:
    """Make the district; return the keys of its hubs."""
    from django.core.management import call_command

    from duokua.exchange import facade as exchange
    from duokua.identity import facade as identity
    from duokua.kernel import clock
    from duokua.lake import facade as lake
    from duokua.loop.facade import rules as loop
    from duokua.sensing import facade as sensing

    call_command("migrate", interactive=False, verbosity=0)
    identity.ensure_department(OWNER, "基准局", "Bench bureau")
    now = clock.now()
    lake.register(contract(), by="bench", now=now)
    sensing.declare(STREAM, source="s.yaml", by="bench", now=now)
    exchange.publish_interface(FEED, source="f.yaml", by="bench", now=now)
    order = sensing.DeviceOrder
    hubs = [order(f"H{n}", f"hub {n}") for n in range(HUBS)]
    listed = [order(_name(n), f"device {n}", hub=f"H{n % HUBS}") for n in range(devices)]
    sensing.add_devices("gauge", [*hubs, *listed], by="bench", now=now)
    client, _ = exchange.create_client(title="bench", department=OWNER, by="bench", now=now)
    grant = exchange.GrantOrder(
        client=client.id, interface="gauge_feed", purpose="bench", basis="bench",
        valid_until=now + timedelta(days=9), row_cap=100_000_000,
    )  # fmt: skip
    exchange.open_grant(grant, by="bench", now=now)
    loop.adopt(pack_files(rules), client=client.id, owner=OWNER, by="bench", now=clock.now())
    return {f"H{n}": sensing.add_key(f"H{n}", by="bench", now=now) for n in range(HUBS)}


def now_told() -> str:
    """Return the present instant as an event tells it."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat()


def _name(number: int) -> str:
    return f"D{number:06d}"


class Source:
    """Makes events of the devices behind one hub, each with its next number."""

    def __init__(self, hub: int, devices: int, seed: int = 7) -> None:
        self.devices = [_name(n) for n in range(hub, devices, HUBS)]
        self._random = random.Random(seed + hub)
        self._numbers = dict.fromkeys(self.devices, 0)
        self._at = 0

    def batch(self, size: int) -> bytes:
        """Return so many events of now as NDJSON."""
        at = now_told()
        lines = []
        for _ in range(size):
            device = self.devices[self._at % len(self.devices)]
            self._at += 1
            lines.append(self.event(device, self._random.random() * 20, at))
        return "\n".join(lines).encode()

    def event(self, device: str, wind: float, at: str) -> str:
        """Return one event."""
        self._numbers[device] = number = self._numbers[device] + 1
        return f'{{"device_id":"{device}","seq":{number},"at":"{at}","wind":{wind:.2f}}}'


class Sender:
    """One connection to the door."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"content-type": "application/x-ndjson", "authorization": f"Bearer {key}"}

    def send(self, body: bytes) -> int:
        """Send a body; return how many events were taken."""
        self._connection.request("POST", "/ingest/gauge", body, self._headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 202:
            raise SystemExit(f"the door answered {answer.status}: {told}")
        return int(told["taken"])


def believed(home: Path) -> int:
    """Return how many events have been believed so far."""
    with sqlite3.connect(home / "duokua.sqlite3") as connection:
        (found,) = connection.execute(
            "select coalesce(sum(taken), 0) from sensing_memory"
        ).fetchone()
    return int(found)


def cases(home: Path) -> set[str]:
    """Return what there are cases about."""
    with sqlite3.connect(home / "duokua.sqlite3") as connection:
        return {subject for (subject,) in connection.execute("select subject from loop_case")}

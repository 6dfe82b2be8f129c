"""How fast events become cases: ``python -m bench.events [--devices N] [--rules N] [--seconds N]``.

A district of its own on the whole platform: a stream of devices behind hubs, a pack whose rules read
its live feed. Measured are HTTP batches (taken a second, and until all of them are believed), and the
time from sending one gust to the case that it opens, beside a steady load. Stored in
``bench/results/events.json``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]

from servers import free_port, running  # noqa: E402

RESULTS = ROOT / "results"
GOAL_BATCH, GOAL_CASE_S = 200_000, 1.0
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


def _now() -> str:
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
        at = _now()
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


def batches(
    home: Path, port: int, keys: dict[str, str], sources: list[Source], count: int
) -> dict[str, Any]:
    """Send prepared batches over one connection for each hub; measure until all are believed."""
    bodies = [[source.batch(BATCH) for _ in range(count // HUBS)] for source in sources]
    before = believed(home)
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=_send_all, args=(Sender(port, key), listed))
        for key, listed in zip(keys.values(), bodies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begun
    events = count // HUBS * HUBS * BATCH
    while believed(home) - before < events:
        if time.perf_counter() - begun > 600:
            raise SystemExit(f"only {believed(home) - before} of {events} events were believed")
        time.sleep(0.05)
    whole = time.perf_counter() - begun
    return {
        "events": events,
        "taken_per_s": round(events / taken),
        "believed_per_s": round(events / whole),
    }


def _send_all(sender: Sender, bodies: list[bytes]) -> None:
    for body in bodies:
        sender.send(body)


def cases(home: Path) -> Iterator[tuple[str, str]]:
    """Yield subject and instant of every case."""
    with sqlite3.connect(home / "duokua.sqlite3") as connection:
        yield from connection.execute("select subject, opened_at from loop_case")


def gusts(
    home: Path,
    port: int,
    keys: dict[str, str],
    sources: list[Source],
    load: int,
    devices: list[str],
) -> dict[str, Any]:
    """Send a steady load, and each second a gust of another device; time each until its case."""
    stop = threading.Event()
    sent = [0]
    steady = threading.Thread(
        target=_steady, args=(Sender(port, keys["H1"]), sources[1], load, stop, sent)
    )
    steady.start()
    sender, took = Sender(port, keys["H0"]), []
    try:
        for device in devices:
            begun = time.perf_counter()
            sender.send(sources[0].event(device, 51.0, _now()).encode())
            wanted = json.dumps([device])
            while not any(subject == wanted for subject, _ in cases(home)):
                if time.perf_counter() - begun > 60:
                    raise SystemExit(f"no case of {device} after a minute")
                time.sleep(0.005)
            took.append(time.perf_counter() - begun)
            time.sleep(max(0.0, 1.0 - took[-1]))
    finally:
        stop.set()
        steady.join()
    took.sort()
    return {
        "load_per_s": load,
        "sent": sent[0],
        "gusts": len(took),
        "p50_s": round(statistics.median(took), 3),
        "p99_s": round(took[min(len(took) - 1, int(len(took) * 0.99))], 3),
        "most_s": round(took[-1], 3),
    }


def _steady(
    sender: Sender, source: Source, load: int, stop: threading.Event, sent: list[int]
) -> None:
    step = 0.1
    begun = time.perf_counter()
    for turn in range(1_000_000):
        if stop.is_set():
            return
        size = int(load * step)
        if size:
            sent[0] += sender.send(source.batch(size))
        time.sleep(max(0.0, begun + (turn + 1) * step - time.perf_counter()))


def measure(devices: int, rules: int, count: int, loads: list[int], seconds: int) -> dict[str, Any]:
    """Measure on a platform of its own."""
    import django

    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name) / "home", free_port()
        home.mkdir()
        environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port), "DUOKUA_MQTT_PORT": "0"}
        os.environ.update(environ)
        os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
        django.setup(set_prefix=False)
        with running(
            [str(Path(sys.executable).parent / "duokua"), "run"], port, "/readyz", environ
        ):
            keys = prepare(devices, rules)
            sources = [Source(n, devices) for n in range(HUBS)]
            latencies = [
                gusts(
                    home,
                    port,
                    keys,
                    sources,
                    load,
                    sources[0].devices[n * seconds : (n + 1) * seconds],
                )
                for n, load in enumerate(loads)
            ]
            batch = batches(home, port, keys, sources, count)
    return {
        "name": "events",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "devices": devices,
        "rules": rules,
        "latencies": latencies,
        "batches": batch,
        "goal_batch_per_s": GOAL_BATCH,
        "goal_case_s": GOAL_CASE_S,
    }


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--rules", type=int, default=50)
    parser.add_argument("--batches", type=int, default=1_000, help="of 1,000 events each")
    parser.add_argument("--loads", type=int, nargs="*", default=[0, 1_000, 5_000])
    parser.add_argument("--seconds", type=int, default=30, help="of each load")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    told = measure(options.devices, options.rules, options.batches, options.loads, options.seconds)
    reached = told["batches"]["taken_per_s"] >= GOAL_BATCH
    reached &= all(each["p99_s"] <= GOAL_CASE_S for each in told["latencies"])
    told["reached"] = reached
    (RESULTS / "events.json").write_text(json.dumps(told, indent=2) + "\n")
    if options.json:
        print(json.dumps(told))
        return 0 if reached else 1
    print(f"{'load/s':>8}{'gusts':>7}{'p50 s':>8}{'p99 s':>8}{'most s':>8}")
    for each in told["latencies"]:
        print(f"{each['load_per_s']:>8}{each['gusts']:>7}{each['p50_s']:>8}{each['p99_s']:>8}"
              f"{each['most_s']:>8}")  # fmt: skip
    batch = told["batches"]
    print(f"batches: {batch['events']:,} events, {batch['taken_per_s']:,} taken/s, "
          f"{batch['believed_per_s']:,} believed/s")  # fmt: skip
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""A district with one stream: cranes that tell wind and load, one hub, and what a sender writes."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import dump_contract
from duokua.engine.eventlog import LogWriter
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.sensing import facade as sensing
from duokua.serving.arrivals import HTTP_DOOR, NDJSON, Arrival

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
STREAM = """\
stream: crane_reading
title: {zh: 塔吊读数, en: Readings of cranes}
dataset: crane_reading
device: device_id
at: measured_at
sequence: seq
late: 1h
ahead: 60s
heartbeat: 60s
measures:
  wind_speed: {unit: m/s, least: 0, most: 60, jump: 10, frozen: 30m}
  load: {unit: t, least: 0, most: 80}
"""


def crane_contract() -> Contract:
    """Return the contract of the readings."""

    def column(name: str, kind: Kind, **told: Any) -> Column:
        return Column(name, kind, Text(name, name), **told)

    title = Text("塔吊读数", "Readings of cranes")
    return Contract(
        "crane_reading", "1.0.0", title, title, "housing", Level.L1,
        (
            column("device_id", Kind.STRING, required=True),
            column("seq", Kind.INTEGER, required=True),
            column("measured_at", Kind.TIMESTAMP, required=True),
            column("wind_speed", Kind.NUMBER, unit="m/s"),
            column("load", Kind.NUMBER, unit="t"),
            column("mode", Kind.STRING, codes=(
                Code("work", Text("作业", "work")), Code("rest", Text("停机", "rest")),
            )),
        ),
        ("device_id", "seq"),
    )  # fmt: skip


def open_stream(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``home`` a district with the stream."""
    monkeypatch.setenv("DUOKUA_HOME", str(home))
    make_stream()


def make_stream() -> None:
    """Declare the stream and register two cranes; ``H1`` is a hub, for ``C9``."""
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(dump_contract(crane_contract()), by="li", now=NOW)
    sensing.declare(STREAM, source="crane_reading.yaml", by="li", now=NOW)
    order = sensing.DeviceOrder
    orders = [order(each, f"塔吊 {each}", 120.2, 30.2) for each in ("C1", "C2")]
    orders += [order("C9", "塔吊 C9", hub="H1"), order("H1", "集中器 H1")]
    sensing.add_devices("crane_reading", orders, by="li", now=NOW)


def reading(device: str, seq: int, at: datetime = NOW, **told: Any) -> dict[str, Any]:
    """Return an event as a device tells it."""
    return {"device_id": device, "seq": seq, "measured_at": iso(at), **told}


def arrival(sender: str, *events: Any, at: datetime = NOW) -> Arrival:
    """Return a message as a door takes it; what is bytes is written as it is."""
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in events]
    return Arrival(sender, "crane_reading", at.timestamp(), NDJSON, b"\n".join(lines))


def arrive(*arrivals: Arrival, door: str = HTTP_DOOR) -> None:
    """Put messages into the log of a door."""
    with LogWriter(environment.read().events / door) as log:
        log.write([each.packed() for each in arrivals])


def landed() -> list[dict[str, Any]]:
    """Return the rows in the lake, by device and number."""
    opened = lake.open_rows("crane_reading", [c.name for c in crane_contract().columns])
    if opened is None:
        return []
    rows = itertools.chain.from_iterable(batch.to_pylist() for batch in opened[1])
    return sorted(rows, key=lambda row: (row["device_id"], row["seq"]))


def numbers(device: str) -> list[int]:
    """Return the numbers of a device's rows in the lake."""
    return [row["seq"] for row in landed() if row["device_id"] == device]


def against() -> dict[tuple[str, str], int]:
    """Return how many events stand aside, by device and reason."""
    found: dict[tuple[str, str], int] = {}
    for each in sensing.refused(limit=1000):
        key = (each.device, str(each.reason))
        found[key] = found.get(key, 0) + each.times
    return found


def later(**span: float) -> datetime:
    """Return an instant some time after :data:`NOW`."""
    return NOW + timedelta(**span)

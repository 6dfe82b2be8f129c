"""Keeping what events told (记住): the newest of each device, ten-minute slots, what is the matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F

from duokua.lang.sensing.stream import Stream as Declared
from duokua.sensing.judging import Noticed, Reading, Remembered
from duokua.sensing.models import DeviceTrouble, Maintenance, Memory, Slot
from duokua.sensing.window import Window

SLOT_S = 600
_AT_ONCE = 500
_MICROS = 1_000_000


def memories() -> dict[str, Remembered]:
    """Return what is remembered of every device."""
    found = {}
    for row in Memory.objects.iterator():
        readings = {
            name: Reading(value, at, row.since.get(name, at))
            for name, (value, at) in row.values.items()
        }
        found[row.device_id] = Remembered(
            Window(row.top, int(row.seen, 16)), _epoch(row.at), _epoch(row.heard_at), readings
        )
    return found


def keep_memories(kept: Mapping[str, Remembered], taken: Mapping[str, int]) -> None:
    """Write what is remembered of devices, and how many events of theirs were taken."""
    rows = [
        Memory(
            device_id=name,
            top=each.window.top,
            seen=f"{each.window.seen:x}",
            at=_instant(each.at),
            heard_at=_instant(each.heard_at),
            values={m: [r.value, r.at] for m, r in each.readings.items()},
            since={m: r.since for m, r in each.readings.items()},
        )
        for name, each in kept.items()
    ]
    fields = ["top", "seen", "at", "heard_at", "values", "since"]
    Memory.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["device"], update_fields=fields,
        batch_size=_AT_ONCE,
    )  # fmt: skip
    by_count: dict[int, list[str]] = {}
    for name, count in taken.items():
        by_count.setdefault(count, []).append(name)
    for count, names in by_count.items():
        for begin in range(0, len(names), _AT_ONCE):
            part = names[begin : begin + _AT_ONCE]
            Memory.objects.filter(device_id__in=part).update(taken=F("taken") + count)


def keep_slots(declared: Declared, rows: pa.Table) -> None:
    """Add believed rows to the slots of ten minutes that they fall into."""
    seconds = pc.divide(rows.column(declared.at).cast(pa.int64()), _MICROS)
    start = pc.multiply(pc.divide(seconds, SLOT_S), SLOT_S)
    fresh: list[Slot] = []
    for measure in declared.measures:
        table = pa.table(
            {
                "device": rows.column(declared.device),
                "start": start,
                "v": rows.column(measure.name).cast(pa.float64()),
            }
        ).filter(pc.is_valid(rows.column(measure.name)))
        wanted = [("v", "count"), ("v", "sum"), ("v", "min"), ("v", "max")]
        for each in table.group_by(["device", "start"]).aggregate(wanted).to_pylist():
            fresh.append(
                Slot(
                    device_id=each["device"],
                    measure=measure.name,
                    start=datetime.fromtimestamp(each["start"], UTC),
                    count=each["v_count"],
                    total=each["v_sum"],
                    low=each["v_min"],
                    high=each["v_max"],
                )
            )
    _add(fresh)


def _add(fresh: list[Slot]) -> None:
    """Add slots to those that are there; nobody else writes them."""
    keys = {(each.device_id, each.measure, each.start): each for each in fresh}
    starts = sorted({each.start for each in fresh})
    devices = sorted({each.device_id for each in fresh})
    for begin in range(0, len(devices), _AT_ONCE):
        part = devices[begin : begin + _AT_ONCE]
        for row in Slot.objects.filter(device_id__in=part, start__in=starts).iterator():
            other = keys.get((row.device_id, row.measure, row.start))
            if other is not None:
                other.count, other.total = row.count + other.count, row.total + other.total
                other.low, other.high = min(row.low, other.low), max(row.high, other.high)
    Slot.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["device", "measure", "start"],
        update_fields=["count", "total", "low", "high"], batch_size=_AT_ONCE,
    )  # fmt: skip


def keep_troubles(noticed: Iterable[Noticed], now: datetime) -> None:
    """Open, carry on or close what is the matter with devices."""
    listed = list(noticed)
    devices = {each.device for each in listed}
    kept = _maintained(devices, now)
    open_ = {
        (row.device_id, row.kind, row.measure): row
        for row in DeviceTrouble.objects.filter(device_id__in=devices, until=None)
    }
    for each in listed:
        row = open_.get((each.device, each.kind, each.measure))
        at = datetime.fromtimestamp(each.at, UTC)
        if each.over:
            if row is not None:
                DeviceTrouble.objects.filter(id=row.id).update(until=at)
        elif each.device in kept:
            continue
        elif row is not None:
            DeviceTrouble.objects.filter(id=row.id).update(
                seen_at=now, times=F("times") + each.times, detail=dict(each.detail)
            )
        else:
            DeviceTrouble.objects.create(
                device_id=each.device, kind=each.kind, measure=each.measure, since=at,
                seen_at=now, times=each.times, detail=dict(each.detail),
            )  # fmt: skip


def _maintained(devices: Iterable[str], now: datetime) -> set[str]:
    rows = Maintenance.objects.filter(device_id__in=devices, since__lte=now, until__gt=now)
    return set(rows.values_list("device_id", flat=True))


def _epoch(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


def _instant(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)

"""Taking events in (接收): from the logs of the doors to what is believed, each event once.

One transaction holds how far the logs have been read, what is remembered of each device, and the cut:
the believed rows, whose file is on the disk before. A crash before it leaves the logs to be read
again with the same outcome; after it, the cut is shown and landed from its file.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F

from duokua.engine import eventlog
from duokua.engine.arrow import arrow_schema
from duokua.engine.eventlog import Position
from duokua.engine.manifest import sync_file, sync_folder
from duokua.kernel import environment
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.sensing.stream import Stream as Declared
from duokua.lang.sensing.stream import stream_from_json
from duokua.sensing.actions.registering import REGISTRY
from duokua.sensing.actions.remembering import keep_memories, keep_slots, keep_troubles, memories
from duokua.sensing.decoding import Decoded, decode
from duokua.sensing.judging import Judged, Known, Remembered, judge
from duokua.sensing.models import Cut, Device, Mark, Memory, Refused, Stream
from duokua.sensing.states import DeviceState, Reason
from duokua.serving.arrivals import FILE_DOOR, HTTP_DOOR, MQTT_DOOR, Arrival, unpacked

DOORS = (HTTP_DOOR, MQTT_DOOR, FILE_DOOR)
MOST_BYTES = 24 << 20  # of one cut, from all doors
MOST_ENTRIES = 50_000
_SAMPLE = 300
_MOST_KINDS = 2_000  # of refused device and reason in one cut; more are told as one


@dataclass(slots=True)
class Intake:
    """What the one process that takes events in holds in memory."""

    remembered: dict[str, Remembered] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    streams: dict[str, tuple[Declared, Contract]] = field(default_factory=dict)
    _registry: int = -1

    def start(self) -> None:
        """Bring back what is remembered."""
        self.remembered = memories()
        self.look()

    def look(self) -> None:
        """Take over a registry that has changed."""
        mark = Mark.objects.filter(door=REGISTRY).values_list("offset", flat=True).first() or 0
        if mark == self._registry:
            return
        self.streams = {
            row.id: (stream_from_json(row.body), lake.contract(row.dataset))
            for row in Stream.objects.all()
        }
        rows = Device.objects.values_list("id", "state", "hub_id")
        self.known = {
            id_: Known(id_, state == DeviceState.ACTIVE, frozenset({id_} | ({hub} - {None})))
            for id_, state, hub in rows
        }
        self._registry = mark

    def take(self, now: datetime) -> int:
        """Take what has come to the doors since, or a part of it; return how many messages."""
        self.look()
        arrivals, ends = _read()
        if not arrivals:
            return 0
        by_stream: dict[str, list[Arrival]] = {}
        for each in arrivals:
            by_stream.setdefault(each.stream, []).append(each)
        parts = [self._part(name, listed) for name, listed in by_stream.items()]
        try:
            for door, end in ends.items():
                eventlog.settle(_folder(door), end)
            with transaction.atomic():
                for part in parts:
                    self._keep(part, now)
                for door, end in ends.items():
                    Mark.objects.update_or_create(
                        door=door, defaults={"segment": end.segment, "offset": end.offset}
                    )
        except BaseException:
            self.remembered = memories()  # what was carried on in memory did not come about
            raise
        for door, end in ends.items():
            eventlog.forget(_folder(door), end)
        return len(arrivals)

    def _part(self, name: str, arrivals: Sequence[Arrival]) -> _Part | None:
        found = self.streams.get(name)
        if found is None:  # the stream was taken away after its door let them in
            return None
        declared, contract = found
        told = decode(declared, contract, arrivals)
        judged = judge(declared, contract, told, self.known, self.remembered)
        return _Part(declared, contract, told, judged)

    def _keep(self, part: _Part | None, now: datetime) -> None:
        if part is None:
            return
        judged = part.judged
        kept = {name: self.remembered[name] for name in judged.touched}
        believed = np.nonzero(judged.against == 0)[0]
        names = judged.devices
        keep_memories(kept, Counter(str(names[row]) for row in believed))
        keep_troubles(judged.noticed, now)
        _keep_refused(part, now)
        if not len(believed):
            return
        rows = part.told.table.select([c.name for c in part.contract.columns]).take(believed)
        keep_slots(part.declared, rows)
        _cut(part, rows, now)


@dataclass(frozen=True, slots=True)
class _Part:
    declared: Declared
    contract: Contract
    told: Decoded
    judged: Judged


def _read() -> tuple[list[Arrival], dict[str, Position]]:
    """Return what has come, and by door where to go on."""
    marks = {row.door: Position(row.segment, row.offset) for row in Mark.objects.all()}
    arrivals: list[Arrival] = []
    ends: dict[str, Position] = {}
    for door in DOORS:
        size = 0
        for entry, end in eventlog.read(_folder(door), marks.get(door, Position())):
            arrivals.append(unpacked(entry))
            ends[door] = end
            size += len(entry)
            if size >= MOST_BYTES // len(DOORS) or len(arrivals) >= MOST_ENTRIES:
                break
    return arrivals, ends


def signs() -> tuple[tuple[str, str, int], ...]:
    """Return what is another value once something has come to a door; cheap."""
    return tuple(
        (door, path.name, path.stat().st_size)
        for door in DOORS
        for path in sorted(_folder(door).glob("*.events"))
    )


def _folder(door: str) -> Path:
    return environment.read().events / door


def _cut(part: _Part, rows: pa.Table, now: datetime) -> None:
    """Write the believed rows of a stream, durably, and number them."""
    stream = part.declared.id
    folder = environment.read().events / "cuts"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{stream}-{secrets.token_hex(8)}.parquet"
    pq.write_table(rows.cast(arrow_schema(part.contract.columns)), file, compression="zstd")
    sync_file(file)
    sync_folder(folder)
    Stream.objects.filter(id=stream).update(version=F("version") + 1)
    version = Stream.objects.values_list("version", flat=True).get(id=stream)
    Cut.objects.create(
        stream_id=stream, version=version, rows=rows.num_rows, file=file.name, made_at=now
    )


def _keep_refused(part: _Part, now: datetime) -> None:
    rows = np.nonzero(part.judged.against)[0]
    times: Counter[tuple[str, str, Reason]] = Counter()
    first: dict[tuple[str, str, Reason], int] = {}
    for row in rows.tolist():
        sender = part.told.senders[int(part.told.sender[row])]
        key = (str(part.judged.devices[row] or "")[:64], sender, part.judged.reason(row))
        if key not in times and len(times) >= _MOST_KINDS:
            key = ("", sender, key[2])
        times[key] += 1
        first.setdefault(key, row)
    told = [
        Refused(
            stream_id=part.declared.id, device=device, sender=sender, reason=reason,
            times=count, sample=_sample(part, first[device, sender, reason]), at=now,
        )
        for (device, sender, reason), count in times.items()
    ]  # fmt: skip
    told += [
        Refused(
            stream_id=part.declared.id, device="", sender=each.sender,
            reason=Reason.FOREIGN if each.foreign else Reason.MALFORMED,
            times=1, sample=each.sample, at=now,
        )
        for each in part.told.poison
    ]  # fmt: skip
    Refused.objects.bulk_create(told)
    _count_refused({device: n for (device, _, _), n in times.items()})


def _count_refused(times: Mapping[str, int]) -> None:
    for device, count in times.items():
        Memory.objects.filter(device_id=device).update(refused=F("refused") + count)


def _sample(part: _Part, row: int) -> str:
    """Return what may be shown of an event that was refused: nothing personal."""
    contract = part.contract
    shown = [
        column.name
        for column in contract.columns
        if contract.may_show(column.name)
        or column.name in (part.declared.device, part.declared.at, part.declared.sequence)
    ]
    values = part.told.table.select(shown).slice(row, 1).to_pylist()[0]
    return ", ".join(f"{k}={_written(v)}" for k, v in values.items() if v is not None)[:_SAMPLE]


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


def files(names: Iterable[str]) -> list[Path]:
    """Return the files of cuts."""
    folder = environment.read().events / "cuts"
    return [folder / name for name in names]

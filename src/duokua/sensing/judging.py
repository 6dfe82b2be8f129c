"""Judging events (事件研判): which are believed, and what is the matter with their devices.

Pure: no clock, no database. The first reason against an event counts. What is believed depends only
on what came before it, in the order in which doors took it, so that it can be done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from duokua.lang.contract import Contract
from duokua.lang.sensing.stream import Measure, Stream
from duokua.sensing.decoding import UNITS, Decoded
from duokua.sensing.states import Reason, Trouble
from duokua.sensing.window import NEW, REPEATED, Window

REASONS = tuple(Reason)
OPERATOR = "operator"  # who may put files onto this machine speaks for every device
_MICROS = 1e6
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """A registered device and who may speak for it."""

    id: str
    active: bool
    speakers: frozenset[str]


@dataclass(slots=True)
class Reading:
    """The newest value of a measure, when it was measured, since when it stands (seconds)."""

    value: float
    at: float
    since: float


@dataclass(slots=True)
class Remembered:
    """What is known of a device from its events so far; instants in seconds since 1970."""

    window: Window = field(default_factory=Window)
    at: float | None = None
    heard_at: float | None = None
    readings: dict[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something the matter with a measure of a device, or (``over``) not any more."""

    device: str
    kind: Trouble
    measure: str
    at: float
    detail: Mapping[str, float] = field(default_factory=dict)
    times: int = 1
    over: bool = False


@dataclass(slots=True)
class Judged:
    """``against`` is 0 for an event that is believed, else 1 + the place of its reason."""

    against: Numbers
    devices: list[str | None]
    touched: set[str]
    noticed: list[Noticed]

    def reason(self, row: int) -> Reason:
        """Return the reason against an event."""
        return REASONS[int(self.against[row]) - 1]


def judge(
    stream: Stream,
    contract: Contract,
    told: Decoded,
    known: Mapping[str, Known],
    remembered: dict[str, Remembered],
) -> Judged:
    """Judge the events of a stream; ``remembered`` is carried on by those that are believed."""
    judging = _Judging(stream, contract, told, known, remembered)
    judging.look_at_each()
    judging.look_at_sequences()
    noticed = list(judging.follow_measures())
    return Judged(judging.against, judging.names(), judging.touched, noticed)


class _Judging:
    def __init__(
        self,
        stream: Stream,
        contract: Contract,
        told: Decoded,
        known: Mapping[str, Known],
        remembered: dict[str, Remembered],
    ) -> None:
        self._stream, self._contract, self._told = stream, contract, told
        self._known, self._remembered = known, remembered
        self.against: Numbers = np.zeros(told.table.num_rows, dtype=np.int8)
        self.touched: set[str] = set()
        encoded = told.table.column(stream.device).combine_chunks().dictionary_encode()
        self._devices: list[str] = encoded.dictionary.to_pylist()
        self._codes = _filled(encoded.indices, -1).astype(np.int64)
        instants = told.table.column(stream.at).combine_chunks().cast(pa.int64())
        self._at: Numbers = _filled(instants, 0) / _MICROS
        self._numbers = _filled(told.table.column(stream.sequence).combine_chunks(), -1)

    def names(self) -> list[str | None]:
        """Return the device of each event."""
        return [self._devices[code] if code >= 0 else None for code in self._codes]

    def _refuse(self, rows: Bools, reason: Reason) -> None:
        self.against[rows & (self.against == 0)] = REASONS.index(reason) + 1

    def look_at_each(self) -> None:
        """Refuse what an event alone, its device and its sender tell against it."""
        self._refuse(self._told.mistimed, Reason.TIME)
        needed = {self._stream.device, self._stream.at, self._stream.sequence}
        needed |= {column.name for column in self._contract.columns if column.required}
        for name in sorted(needed):
            self._refuse(_nulls(self._told.table.column(name)), Reason.INCOMPLETE)
        self._look_at_senders()
        ahead, late = self._stream.ahead.total_seconds(), self._stream.late.total_seconds()
        self._refuse(self._at > self._told.received + ahead, Reason.AHEAD)
        self._refuse(self._at < self._told.received - late, Reason.LATE)
        self._look_at_values()

    def _look_at_senders(self) -> None:
        found = [self._known.get(name) for name in self._devices]
        self._refuse(_by_code(self._codes, [each is None for each in found]), Reason.UNKNOWN)
        idle = [each is not None and not each.active for each in found]
        self._refuse(_by_code(self._codes, idle), Reason.SUSPENDED)
        for place, sender in enumerate(self._told.senders):
            if sender == OPERATOR:
                continue
            mute = [each is None or sender not in each.speakers for each in found]
            foreign = _by_code(self._codes, mute) & (self._told.sender == place)
            self._refuse(foreign, Reason.FOREIGN)

    def _look_at_values(self) -> None:
        units = self._told.table.column(UNITS).combine_chunks()
        for measure in self._stream.measures:
            unit = pc.struct_field(units, measure.name)
            self._refuse(_true(pc.not_equal(unit, measure.unit)), Reason.UNIT)
            value = self._values(measure.name)
            there = ~_nulls(self._told.table.column(measure.name))
            with np.errstate(invalid="ignore"):
                wrong = ~np.isfinite(value)
                if measure.least is not None:
                    wrong |= value < measure.least
                if measure.most is not None:
                    wrong |= value > measure.most
            self._refuse(there & wrong, Reason.RANGE)
        for column in self._contract.columns:
            if column.codes:
                codes = pa.array([code.value for code in column.codes])
                told = self._told.table.column(column.name)
                listed = pc.is_in(told.cast(pa.string()), value_set=codes)
                self._refuse(_true(pc.and_(pc.is_valid(told), pc.invert(listed))), Reason.CODE)

    def _values(self, name: str) -> Numbers:
        column = self._told.table.column(name).combine_chunks().cast(pa.float64())
        return _filled(column, np.nan)

    def look_at_sequences(self) -> None:
        """Refuse numbers that a device has used, or that lie too far back."""
        rows = np.nonzero(self.against == 0)[0]
        for code, group in _groups(rows, self._codes):
            name = self._devices[code]
            memory = self._remembered.setdefault(name, Remembered())
            for row, what in zip(
                group, memory.window.take_all(self._numbers[group].tolist()), strict=True
            ):
                if what != NEW:
                    reason = Reason.REPEATED if what == REPEATED else Reason.OLD
                    self.against[row] = REASONS.index(reason) + 1
            kept = group[self.against[group] == 0]
            if len(kept):
                self.touched.add(name)
                memory.at = max(memory.at or 0.0, float(self._at[kept].max()))
                memory.heard_at = max(
                    memory.heard_at or 0.0, float(self._told.received[kept].max())
                )

    def follow_measures(self) -> Iterator[Noticed]:
        """Remember the newest values; tell of jumps, and of values that stand too long."""
        rows = np.nonzero(self.against == 0)[0]
        order = rows[np.lexsort((self._at[rows], self._codes[rows]))]
        for measure in self._stream.measures:
            value = self._values(measure.name)
            there = order[~np.isnan(value[order])]
            for code, group in _groups(there, self._codes):
                yield from self._follow(measure, self._devices[code], value[group], self._at[group])

    def _follow(
        self, measure: Measure, name: str, values: Numbers, at: Numbers
    ) -> Iterator[Noticed]:
        readings = self._remembered[name].readings
        last = readings.get(measure.name)
        if last is not None:
            later = at > last.at
            values, at = values[later], at[later]
        if not len(values):
            return
        before = last or Reading(float(values[0]), float(at[0]), float(at[0]))
        steps = np.diff(values, prepend=before.value)
        if measure.jump is not None:
            spans = np.maximum(np.diff(at, prepend=before.at), 1.0)
            jumps = np.nonzero(np.abs(steps) / spans > measure.jump)[0]
            if len(jumps):
                first = int(jumps[0])
                detail = {
                    "from": float(values[first] - steps[first]),
                    "to": float(values[first]),
                    "seconds": float(spans[first]),
                }
                yield Noticed(
                    name, Trouble.JUMP, measure.name, float(at[first]), detail, len(jumps)
                )
        changed = np.nonzero(steps)[0]
        since = float(at[changed[-1]]) if len(changed) else before.since
        fresh = Reading(float(values[-1]), float(at[-1]), since)
        readings[measure.name] = fresh
        if measure.frozen is not None:
            stands = fresh.at - since
            frozen = stands >= measure.frozen.total_seconds()
            detail = {"value": fresh.value, "seconds": stands}
            yield Noticed(
                name, Trouble.FROZEN, measure.name, since if frozen else fresh.at, detail,
                over=not frozen,
            )  # fmt: skip


def _groups(rows: Numbers, codes: Numbers) -> Iterator[tuple[int, Numbers]]:
    """Yield rows by their code; their order stays within each."""
    if not len(rows):
        return
    ordered = rows[np.argsort(codes[rows], kind="stable")]
    edges = np.nonzero(np.diff(codes[ordered]))[0] + 1
    for group in np.split(ordered, edges):
        yield int(codes[group[0]]), group


def _by_code(codes: Numbers, told: list[bool]) -> Bools:
    """Return what is told of each row's device; of a row without one nothing is."""
    table = np.asarray([*told, False], dtype=bool)  # the last is that of code -1
    return table[codes]


def _filled(array: pa.Array, missing: float) -> Numbers:
    return np.asarray(pc.fill_null(array, missing).to_numpy(zero_copy_only=False))


def _nulls(column: pa.ChunkedArray) -> Bools:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)


def _true(array: pa.Array | pa.ChunkedArray) -> Bools:
    """Return where an array is true; nulls are not."""
    found = pc.fill_null(array, False)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

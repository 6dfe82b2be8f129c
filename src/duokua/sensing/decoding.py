"""Reading what came (解码): bodies of messages become one table; what cannot be read stands aside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as pa_ipc
import pyarrow.json as pa_json

from duokua.engine.arrow import ARROW
from duokua.kernel.clock import from_iso
from duokua.lang.contract import Contract, Kind
from duokua.lang.sensing.stream import Stream
from duokua.serving.arrivals import ARROW as ARROW_FORM
from duokua.serving.arrivals import FOREIGN, Arrival

UNITS = "units"  # beside the columns: {measure: unit}
_SAMPLE = 300
_INSTANT = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)$"
_BEYOND_MICROS = r"(\.\d{6})\d+"


@dataclass(frozen=True, slots=True)
class Poison:
    """A message or line that could not be read, and of whom."""

    sender: str
    sample: str
    foreign: bool = False  # by a topic of somebody else


@dataclass(slots=True)
class Decoded:
    """Events as rows of the contract, and by row who sent it and when it came (seconds since 1970).

    ``mistimed`` are rows with an instant that is none; it is null there.
    """

    table: pa.Table
    senders: list[str]
    sender: np.ndarray  # place in ``senders``
    received: np.ndarray
    mistimed: np.ndarray
    poison: list[Poison] = field(default_factory=list)


def decode(stream: Stream, contract: Contract, arrivals: Sequence[Arrival]) -> Decoded:
    """Read the messages of one stream, in the order in which they came."""
    reader = _Reader(stream, contract)
    pieces: list[tuple[pa.Table, np.ndarray]] = []  # with the place of the arrival of each row
    lines: list[bytes] = []
    owners: list[int] = []

    def flush() -> None:
        if lines:
            found = reader.lines(lines, owners, arrivals)
            pieces.append(found)
            lines.clear()
            owners.clear()

    for place, each in enumerate(arrivals):
        if each.form == FOREIGN:
            reader.set_aside(each)
        elif each.form == ARROW_FORM:
            flush()
            table = reader.arrow(each)
            pieces.append((table, np.full(table.num_rows, place)))
        else:
            found = each.body.split(b"\n")
            lines += found
            owners += [place] * len(found)
    flush()
    return reader.whole(pieces, arrivals)


class _Reader:
    def __init__(self, stream: Stream, contract: Contract) -> None:
        self._contract = contract
        measures = pa.struct([(each.name, pa.string()) for each in stream.measures])
        text = [c.name for c in contract.columns if c.kind in (Kind.TIMESTAMP, Kind.DATE)]
        self._as_told = pa.schema(
            [(c.name, pa.string() if c.name in text else ARROW[c.kind]) for c in contract.columns]
            + [(UNITS, measures)]
        )
        self._options = pa_json.ParseOptions(
            explicit_schema=self._as_told, unexpected_field_behavior="ignore"
        )
        self._poison: list[Poison] = []

    def lines(
        self, lines: Sequence[bytes], owners: Sequence[int], arrivals: Sequence[Arrival]
    ) -> tuple[pa.Table, np.ndarray]:
        """Read lines of JSON; where one of them is broken, the others are still read."""
        table = self._read(lines)
        if table is not None:
            return table, np.asarray(owners)
        if len(lines) == 1:
            sample = lines[0][:_SAMPLE].decode(errors="replace")
            self._poison.append(Poison(arrivals[owners[0]].sender, sample))
            return self._as_told.empty_table(), np.zeros(0, dtype=np.int64)
        half = len(lines) // 2
        one = self.lines(lines[:half], owners[:half], arrivals)
        other = self.lines(lines[half:], owners[half:], arrivals)
        return pa.concat_tables([one[0], other[0]]), np.concatenate([one[1], other[1]])

    def _read(self, lines: Sequence[bytes]) -> pa.Table | None:
        body = b"\n".join(lines)
        try:
            options = pa_json.ReadOptions(block_size=max(len(body) + 1, 1 << 16))
            table = pa_json.read_json(io.BytesIO(body), options, self._options)
        except pa.ArrowInvalid:
            return None
        return table if table.num_rows == len(lines) else None

    def set_aside(self, arrival: Arrival) -> None:
        """Set aside what came by a topic of somebody else."""
        sample = arrival.body[:_SAMPLE].decode(errors="replace")
        self._poison.append(Poison(arrival.sender, sample, foreign=True))

    def arrow(self, arrival: Arrival) -> pa.Table:
        """Read an Arrow stream; of another shape it stands aside as a whole."""
        try:
            with pa_ipc.open_stream(arrival.body) as stream:
                told = stream.read_all()
            columns = [self._column(told, name) for name in self._as_told.names]
            return pa.table(columns, schema=self._as_told)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            self._poison.append(Poison(arrival.sender, str(error)[:_SAMPLE]))
            return self._as_told.empty_table()

    def _column(self, told: pa.Table, name: str) -> pa.ChunkedArray | pa.Array:
        kind = self._as_told.field(name).type
        if told.schema.get_field_index(name) < 0:
            return pa.nulls(told.num_rows, kind)
        column = told.column(name)
        if pa.types.is_timestamp(column.type) and pa.types.is_string(kind):
            if column.type.tz is None:  # an instant without an offset is none
                return pc.strftime(column, "%Y-%m-%dT%H:%M:%S")
            return pc.strftime(column.cast(pa.timestamp("us", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
        return column.cast(kind)

    def whole(
        self, pieces: Sequence[tuple[pa.Table, np.ndarray]], arrivals: Sequence[Arrival]
    ) -> Decoded:
        """Join the pieces and read their instants."""
        table = pa.concat_tables([each for each, _ in pieces] or [self._as_told.empty_table()])
        places = np.concatenate([each for _, each in pieces] or [np.zeros(0, dtype=np.int64)])
        places = places.astype(np.int64)
        mistimed = np.zeros(table.num_rows, dtype=bool)
        for at, column in enumerate(self._contract.columns):
            if column.kind is Kind.TIMESTAMP:
                values, wrong = _instants(table.column(column.name).combine_chunks())
                table = table.set_column(at, column.name, values)
                mistimed |= wrong
            elif column.kind is Kind.DATE:
                values, wrong = _days(table.column(column.name).combine_chunks())
                table = table.set_column(at, column.name, values)
                mistimed |= wrong
        senders = sorted({each.sender for each in arrivals})
        by_name = {name: place for place, name in enumerate(senders)}
        owners = np.asarray([by_name[each.sender] for each in arrivals], dtype=np.int64)
        came = np.asarray([each.at for each in arrivals])
        return Decoded(
            table, senders, owners[places] if len(places) else places,
            came[places] if len(places) else np.zeros(0), mistimed, self._poison,
        )  # fmt: skip


def _instants(told: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Return instants in UTC and which of them were none: without an offset, or no time at all."""
    kind = pa.timestamp("us", "UTC")
    fits = pc.match_substring_regex(told, _INSTANT)
    kept = pc.if_else(pc.fill_null(fits, False), told, pa.scalar(None, pa.string()))
    cut = pc.replace_substring_regex(kept, _BEYOND_MICROS, r"\1")
    try:
        values = cut.cast(kind)
    except pa.ArrowInvalid:
        values = pa.array([_instant(each) for each in cut.to_pylist()], kind)
    wrong = pc.and_(pc.is_valid(told), pc.is_null(values))
    return values, wrong.to_numpy(zero_copy_only=False)


def _instant(text: str | None) -> object:
    try:
        return None if text is None else from_iso(text)
    except ValueError:
        return None


def _days(told: pa.Array) -> tuple[pa.Array, np.ndarray]:
    fits = pc.fill_null(pc.match_substring_regex(told, r"^\d{4}-\d\d-\d\d$"), False)
    kept = pc.if_else(fits, told, pa.scalar(None, pa.string()))
    try:
        values = kept.cast(pa.date32())
    except pa.ArrowInvalid:
        values = pa.array([_day(each) for each in kept.to_pylist()], pa.date32())
    wrong = pc.and_(pc.is_valid(told), pc.is_null(values))
    return values, wrong.to_numpy(zero_copy_only=False)


def _day(text: str | None) -> object:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None

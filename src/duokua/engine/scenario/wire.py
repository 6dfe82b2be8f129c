"""Messages between a session and its worker: a head in JSON and any number of Arrow streams."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.ipc as pa_ipc

HEAD = struct.Struct("<QQ")  # length of the head, number of bytes after it
Value = str | int | float | bool | date | datetime | None
_INSTANT, _DAY = "instant", "day"


def pack(head: Mapping[str, Any], tables: Sequence[pa.Table] = ()) -> list[bytes | memoryview]:
    """Return a message as buffers to be written one after the other."""
    streams = [stream_of(table) for table in tables]
    told = orjson.dumps({**head, "sizes": [each.size for each in streams]})
    size = sum(each.size for each in streams)
    return [HEAD.pack(len(told), size), told, *(memoryview(each) for each in streams)]


def unpack(read: Callable[[int], bytearray]) -> tuple[dict[str, Any], list[pa.Table]]:
    """Read a message; ``read`` returns exactly as many bytes as it is asked for."""
    told, size = HEAD.unpack(read(HEAD.size))
    head: dict[str, Any] = orjson.loads(read(told))
    body, at, tables = pa.py_buffer(read(size)), 0, []
    for length in head.pop("sizes"):
        tables.append(pa_ipc.open_stream(body.slice(at, length)).read_all())
        at += length
    return head, tables


def stream_of(table: pa.Table) -> pa.Buffer:
    """Return a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa_ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def values_to_json(values: Mapping[str, Value]) -> dict[str, Any]:
    """Write values of a query's parameters; instants and days keep their kind."""
    return {name: _told(value) for name, value in values.items()}


def values_from_json(told: Mapping[str, Any]) -> dict[str, Value]:
    """Read what :func:`values_to_json` wrote."""
    return {name: _read(value) for name, value in told.items()}


def _told(value: Value) -> Any:
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    return {_DAY: value.isoformat()} if isinstance(value, date) else value


def _read(told: Any) -> Value:
    if isinstance(told, dict):
        ((kind, text),) = told.items()
        return datetime.fromisoformat(text) if kind == _INSTANT else date.fromisoformat(text)
    value: Value = told
    return value

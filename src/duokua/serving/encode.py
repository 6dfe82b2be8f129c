"""Encoding (编码) of small answers: the same rows as JSON, CSV, Arrow and Parquet."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pa_parquet

from duokua.engine.arrow import arrow_schema
from duokua.lang.contract import Column, Kind
from duokua.lang.predicate import Value

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
FORMULA_PATTERN = r"^[=+\-@\t\r＝＋－＠]"

Row = Sequence[Value | None]


def to_json(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    next_: str | None,
    as_of: str,
    receipt: str,
) -> bytes:
    """Encode a page as the JSON answer of a governed call."""
    names = [column.name for column in columns]
    body = {
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
        "next": next_,
        "as_of": as_of,
        "receipt": receipt,
    }
    return orjson.dumps(body)


def to_table(columns: Sequence[Column], rows: Sequence[Row], about: Mapping[str, str]) -> pa.Table:
    """Turn rows in storage form into an Arrow table that carries ``about`` as its metadata."""
    schema = arrow_schema(columns).with_metadata(dict(about))
    series = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [
        pa.array([_arrow(value, column.kind) for value in values], field.type)
        for values, column, field in zip(series, columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrow(value: Value | None, kind: Kind) -> object:
    if value is None:
        return None
    if kind is Kind.DATE:
        return date.fromisoformat(str(value))
    if kind is Kind.TIMESTAMP:
        return datetime.fromisoformat(str(value))
    return value


def to_arrow(table: pa.Table) -> bytes:
    """Encode as an Arrow IPC stream."""
    sink = io.BytesIO()
    with pa_ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def to_parquet(table: pa.Table) -> bytes:
    """Encode as a Parquet file."""
    sink = io.BytesIO()
    pa_parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def to_csv(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """Encode as CSV (RFC 4180, UTF-8): null is empty, an empty text is ``""``.

    A text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    arrays = [
        pa.array([_csv(row[i], column.kind) for row in rows], _csv_type(column.kind))
        for i, column in enumerate(columns)
    ]
    table = pa.Table.from_arrays(arrays, names=[column.name for column in columns])
    sink = io.BytesIO()
    pa_csv.write_csv(table, sink)
    return sink.getvalue()


def _csv(value: Value | None, kind: Kind) -> Value | None:
    if kind is Kind.STRING and isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _csv_type(kind: Kind) -> pa.DataType:
    numeric = {Kind.INTEGER: pa.int64(), Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    return numeric.get(kind, pa.string())


Encoder = Callable[[Sequence[Column], Sequence[Row], Mapping[str, str]], bytes]
ENCODERS: dict[str, Encoder] = {
    "csv": lambda columns, rows, about: to_csv(columns, rows),
    "arrow": lambda columns, rows, about: to_arrow(to_table(columns, rows, about)),
    "parquet": lambda columns, rows, about: to_parquet(to_table(columns, rows, about)),
}

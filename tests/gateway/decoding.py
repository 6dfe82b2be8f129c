"""Reads an answer in any format back into rows of canonical values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from duokua.engine.arrow import ARROW
from duokua.lang.contract import Kind
from engines import Cell, Row
from gateway.world import Reply

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def table(reply: Reply, format_: str) -> pa.Table:
    """Return an Arrow or Parquet answer as a table."""
    source = io.BytesIO(reply.body)
    if format_ == "arrow":
        return pyarrow.ipc.open_stream(source).read_all()
    return pyarrow.parquet.read_table(source)


def rows(reply: Reply, format_: str, kinds: dict[str, Kind]) -> list[Row]:
    """Return the rows; those of CSV as :func:`as_csv` makes them."""
    assert reply.status == 200, reply.body
    if format_ == "json":
        found: list[Row] = json.loads(reply.body)["rows"]
        return found
    if format_ == "csv":
        return _csv(reply.body.decode())
    answer = table(reply, format_)
    assert [field.type for field in answer.schema] == [ARROW[kinds[n]] for n in answer.schema.names]
    return [
        {name: _canonical(cell, kinds[name]) for name, cell in row.items()}
        for row in answer.to_pylist()
    ]


def about(reply: Reply, format_: str) -> dict[str, str | None]:
    """Return receipt, as_of and next as the body tells them."""
    if format_ == "json":
        told: Any = reply.json
    else:
        metadata = table(reply, format_).schema.metadata or {}
        told = {name.decode(): value.decode() for name, value in metadata.items()}
    return {name: told.get(name) for name in ("receipt", "as_of", "next")}


def _canonical(cell: Any, kind: Kind) -> Cell:
    if cell is None:
        return None
    if kind is Kind.DATE:
        return str(cell.isoformat())
    if kind is Kind.TIMESTAMP:
        return cell.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    value: Cell = cell
    return value


def _csv(text: str) -> list[Row]:
    header, *lines = list(csv.reader(io.StringIO(text, newline="")))
    return [dict(zip(header, line, strict=True)) for line in lines]


def as_csv(expected: Sequence[Row], kinds: dict[str, Kind]) -> list[Row]:
    """Return rows as the cells of CSV: null is empty, a formula gets an apostrophe."""
    return [{name: _cell(cell, kinds[name]) for name, cell in row.items()} for row in expected]


def _cell(cell: Cell, kind: Kind) -> Cell:
    if cell is None:
        return ""
    if kind is Kind.BOOLEAN:
        return "true" if cell else "false"
    if kind is Kind.NUMBER:
        return float(str(cell))
    text = str(cell)
    return f"'{text}" if kind is Kind.STRING and text.startswith(FORMULA) else text


def numbers(found: Sequence[Row], kinds: dict[str, Kind]) -> list[Row]:
    """Return rows of CSV with their numbers read: their spelling is the writer's own."""
    return [
        {
            name: float(str(cell)) if kinds[name] is Kind.NUMBER and cell != "" else cell
            for name, cell in row.items()
        }
        for row in found
    ]


def assert_equal(
    reply: Reply, format_: str, expected: Sequence[Row], kinds: dict[str, Kind]
) -> None:
    """Compare an answer in any format with rows of canonical values."""
    found = rows(reply, format_, kinds)
    if format_ == "csv":
        assert numbers(found, kinds) == as_csv(expected, kinds)
    else:
        assert found == list(expected)
        assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]

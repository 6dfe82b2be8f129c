"""Runs one expression or filter over a few rows in SQLite and in DuckDB, in storage form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from duokua.engine.arrow import DUCK, arrow_schema
from duokua.engine.duck import open_duck
from duokua.engine.index import IndexSpec, build_index, open_index
from duokua.engine.stats import stored_sql
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.mask import Mask, mask_sql, masked_kind
from duokua.lang.predicate import Predicate, Value, predicate_sql

Cell = str | int | float | bool | None
Row = dict[str, Cell]
KEY = "k" * 64
PLACE = Column("place_", Kind.INTEGER, Text("序", "place"), required=True)
COLUMNS = tuple(Column(kind.value, kind, Text(kind, kind)) for kind in Kind)


def batch_of(columns: Sequence[Column], rows: Sequence[Row]) -> pa.RecordBatch:
    """Bring canonical values to their Arrow types."""
    texts = {Kind.DATE, Kind.TIMESTAMP}
    schema = arrow_schema(columns)
    arrays = []
    for column, field in zip(columns, schema, strict=True):
        cells = [row[column.name] for row in rows]
        if column.kind in texts:
            cells = [None if cell is None else str(cell).removesuffix("Z") for cell in cells]
            plain = pa.date32() if column.kind is Kind.DATE else pa.timestamp("us")
            arrays.append(pa.array(cells, pa.string()).cast(plain).cast(field.type))
        else:
            arrays.append(pa.array(cells, field.type))
    return pa.record_batch(arrays, schema=schema)


class Engines:
    """The same rows in both engines; each call returns what SQLite and DuckDB say."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.columns = (PLACE, *COLUMNS)
        batch = batch_of(self.columns, [{PLACE.name: at, **row} for at, row in enumerate(rows)])
        self._folder = TemporaryDirectory(prefix="duokua-engines-")
        path = Path(self._folder.name) / "index.sqlite"
        spec = IndexSpec(self.columns, (PLACE.name,), (PLACE.name,), None)
        build_index(spec, [batch], path, subject_key=b"s")
        self.sqlite = open_index(path)
        self.duck = open_duck(threads=1)
        self.duck.register("rows", pa.Table.from_batches([batch]))

    def close(self) -> None:
        """Close both."""
        self.sqlite.close()
        self.duck.close()
        self._folder.cleanup()

    def select(
        self, names: Sequence[str], masks: dict[str, Mask], predicates: Sequence[Predicate]
    ) -> tuple[list[tuple[Cell, ...]], list[tuple[Cell, ...]]]:
        """Return the masked columns of the rows for which every predicate on masked values holds."""
        return self._sqlite(names, masks, predicates), self._duck(names, masks, predicates)

    def _masked(self, masks: dict[str, Mask]) -> dict[str, Column]:
        return {
            each.name: replace(each, kind=masked_kind(masks.get(each.name), each.kind))
            for each in self.columns
        }

    def _sqlite(
        self, names: Sequence[str], masks: dict[str, Mask], predicates: Sequence[Predicate]
    ) -> list[tuple[Cell, ...]]:
        by_name, masked = {each.name: each for each in self.columns}, self._masked(masks)
        binds: dict[str, Value] = {"mask_key": KEY}

        def expression(name: str) -> str:
            return mask_sql(masks.get(name), by_name[name], "sqlite")

        def bind(value: Value, kind: Kind) -> str:
            binds[f"b{len(binds)}"] = value
            return f":b{len(binds) - 1}"

        where = [predicate_sql(each, masked, bind, expression) for each in predicates]
        sql = f"select {', '.join(map(expression, names))} from rows"
        rows = self.sqlite.execute(f"{sql} where {' and '.join(['1', *where])}", binds).fetchall()
        booleans = {at for at, name in enumerate(names) if masked[name].kind is Kind.BOOLEAN}
        return [
            tuple(bool(c) if at in booleans and c is not None else c for at, c in enumerate(row))
            for row in rows
        ]

    def _duck(
        self, names: Sequence[str], masks: dict[str, Mask], predicates: Sequence[Predicate]
    ) -> list[tuple[Cell, ...]]:
        by_name, masked = {each.name: each for each in self.columns}, self._masked(masks)
        binds: dict[str, Value] = {}

        def expression(name: str) -> str:
            return mask_sql(masks.get(name), by_name[name], "duckdb")

        def bind(value: Value, kind: Kind) -> str:
            binds[f"b{len(binds)}"] = value
            return f"cast($b{len(binds) - 1} as {DUCK[kind]})"

        where = [predicate_sql(each, masked, bind, expression) for each in predicates]
        shown = ", ".join(
            stored_sql(masked[name]).replace(f'"{name}"', f"({expression(name)})") for name in names
        )
        sql = f"select {shown} from rows where {' and '.join(['true', *where])} order by place_"
        if "$mask_key" in sql:
            binds["mask_key"] = KEY
        return self.duck.execute(sql, binds).fetchall()

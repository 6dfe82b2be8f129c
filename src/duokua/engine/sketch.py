"""Distinct sketches (HyperLogLog) of files, and rows to show: made once for each file, then merged.

A sketch is 1,024 registers of a byte; the estimate's standard error is 3.25 %. The hash is DuckDB's:
sketches of different versions of it must not be merged, see :data:`HASH`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.rows import whole
from duokua.engine.stats import stored_sql
from duokua.lang.contract import Column

HASH = "duckdb-2.0.0"  # the pinned version; a new one hashes anew
REGISTERS = 1024
_BITS = 10
_REST = 64 - _BITS
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
_SEED = 20261122


def sketch_file(
    file: Path, columns: Sequence[Column], shown: Sequence[Column], rows: int, spill: Path
) -> tuple[dict[str, bytes], list[list[Any]]]:
    """Return a sketch of each column, and at most ``rows`` rows of the ``shown`` columns.

    Which rows are shown is chosen by a fixed seed, among all rows of the file.
    """
    duck = open_duck(directories=[file.parent, spill], spill=spill)
    try:
        sketches = {column.name: _registers(duck, file, column) for column in columns}
        return sketches, _sample(duck, file, shown, rows) if shown and rows else []
    finally:
        duck.close()


def merge(sketches: Iterable[bytes]) -> bytes:
    """Return the sketch of all rows together."""
    merged = bytearray(REGISTERS)
    for sketch in sketches:
        merged = bytearray(map(max, merged, sketch))
    return bytes(merged)


def estimate(sketch: bytes) -> int:
    """Return about how many distinct values a sketch has seen."""
    raw = _ALPHA * REGISTERS**2 / sum(2.0**-rank for rank in sketch)
    empty = sketch.count(0)
    if (
        empty and raw <= 2.5 * REGISTERS
    ):  # few values: how many registers are still empty tells more
        return round(REGISTERS * math.log(REGISTERS / empty))
    return round(raw)


def _registers(duck: DuckConnection, file: Path, column: Column) -> bytes:
    hashed = f'hash("{column.name}")'
    rank = f"{_REST} - cast(floor(log2(greatest(1.0, cast({hashed} >> {_BITS} as double)))) as int)"
    found = duck.execute(
        f"select {hashed} & {REGISTERS - 1}, max(greatest(1, {rank})) "  # noqa: S608
        f'from {whole([file], [column])} where "{column.name}" is not null group by 1'
    ).fetchall()
    registers = bytearray(REGISTERS)
    for at, most in found:
        registers[at] = most
    return bytes(registers)


def _sample(
    duck: DuckConnection, file: Path, shown: Sequence[Column], rows: int
) -> list[list[Any]]:
    values = ", ".join(stored_sql(column) for column in shown)
    taken = f"using sample reservoir({rows} rows) repeatable ({_SEED})"
    source = whole([file], shown)
    return [list(row) for row in duck.execute(f"select {values} from {source} {taken}").fetchall()]  # noqa: S608

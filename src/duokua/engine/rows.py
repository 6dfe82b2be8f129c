"""Reads the rows of one version of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from duokua.engine.arrow import DUCK, arrow_schema
from duokua.engine.duck import open_duck, scan
from duokua.lang.contract import Column

_BATCH_ROWS = 65_536


def read_rows(files: Sequence[Path], columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of ``files``; a column that a file does not have yet is null in its rows."""
    schema = arrow_schema(columns)
    if not files:
        return
    duck = open_duck(directories=sorted({file.parent for file in files}))
    try:
        for batch in duck.sql(f"from {whole(files, columns)}").to_arrow_reader(_BATCH_ROWS):
            yield batch.cast(schema)
    finally:
        duck.close()


def whole(files: Sequence[Path], columns: Sequence[Column]) -> str:
    """Return the SQL of the rows of ``files``; a column that a file does not have yet is null."""
    nothing = ", ".join(f'cast(null as {DUCK[each.kind]}) as "{each.name}"' for each in columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    typed = f"(select {nothing} where false)"
    return f"(select {names} from (from {typed} union all by name from {scan(files)}))"  # noqa: S608

"""Rows of text, written to Parquet as they come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.files.table import BLANKS, ROW

_BATCH_ROWS = 20_000
_BATCH_CELLS = 1 << 20
_BATCH_BYTES = 32 << 20


class TextWriter:
    """Writes rows of text cells and their row numbers, a batch at a time; a context manager."""

    def __init__(self, into: Path, columns: int) -> None:
        self.rows = 0
        self._columns: list[list[str | None]] = [[] for _ in range(columns)]
        self._numbers: list[int] = []
        self._bytes = 0
        self._most = min(_BATCH_ROWS, max(1, _BATCH_CELLS // max(1, columns)))
        fields = [pa.field(column_name(at), pa.string()) for at in range(columns)]
        self._schema = pa.schema([*fields, pa.field(ROW, pa.int64())])
        self._writer = pq.ParquetWriter(into, self._schema, compression="zstd")

    def __enter__(self) -> TextWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def add(self, number: int, cells: Sequence[str | None]) -> None:
        """Add a row: its number in the file, a cell for each column, stripped of outer blanks."""
        self._numbers.append(number)
        for column, cell in zip(self._columns, cells, strict=True):
            column.append(cell.strip(BLANKS) if cell else cell)
            self._bytes += len(cell) if cell else 0
        if len(self._numbers) >= self._most or self._bytes >= _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        arrays = [pa.array(column, pa.string()) for column in self._columns]
        numbers = pa.array(self._numbers, pa.int64())
        self._writer.write_batch(pa.record_batch([*arrays, numbers], schema=self._schema))
        self.rows += len(self._numbers)
        for column in self._columns:
            column.clear()
        self._numbers.clear()
        self._bytes = 0


def column_name(at: int) -> str:
    """Return the name of column ``at`` in the written file, where headers may be anything."""
    return f"c{at}"

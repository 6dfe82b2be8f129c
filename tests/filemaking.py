"""Writes one table in every format that can be brought in, by writers other than the reader's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

Table = Sequence[Sequence[str]]  # the first row is the header


def csv_bytes(table: Table, *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Return the table as delimited text, every value quoted."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        table
    )
    return text.getvalue().encode(encoding)


def ndjson_bytes(table: Table) -> bytes:
    """Return one object a line."""
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in _objects(table))
    return "".join(lines).encode()


def json_bytes(table: Table) -> bytes:
    """Return an array of objects."""
    return json.dumps(_objects(table), ensure_ascii=False).encode()


def xlsx_bytes(table: Table) -> bytes:
    """Return a workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in table:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet_bytes(table: Table) -> bytes:
    """Return Parquet with text columns."""
    target = io.BytesIO()
    pq.write_table(_arrow(table), target)
    return target.getvalue()


def arrow_bytes(table: Table, *, stream: bool = False) -> bytes:
    """Return an Arrow file or stream of two batches."""
    target = io.BytesIO()
    made = _arrow(table)
    opened = pa.ipc.new_stream if stream else pa.ipc.new_file
    with opened(target, made.schema) as writer:
        for batch in made.to_batches(max_chunksize=max(1, made.num_rows // 2)):
            writer.write_batch(batch)
    return target.getvalue()


WRITERS: dict[str, Callable[[Table], bytes]] = {
    "csv": csv_bytes,
    "gb18030": lambda table: csv_bytes(table, encoding="gb18030"),
    "utf-16": lambda table: csv_bytes(table, encoding="utf-16", delimiter="\t"),
    "json": json_bytes,
    "ndjson": ndjson_bytes,
    "xlsx": xlsx_bytes,
    "parquet": parquet_bytes,
    "arrow": arrow_bytes,
    "arrow-stream": lambda table: arrow_bytes(table, stream=True),
}


def put(path: Path, content: bytes) -> Path:
    """Write ``content`` and return its path."""
    path.write_bytes(content)
    return path


def _objects(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def _arrow(table: Table) -> pa.Table:
    columns = zip(*table[1:], strict=True)
    return pa.table({n: list(c) for n, c in zip(table[0], columns, strict=True)})

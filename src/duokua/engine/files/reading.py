"""Any accepted file becomes a :class:`Table`: the one door to every format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from duokua.engine.files.columnar import arrow_table, parquet_table
from duokua.engine.files.delimited import delimited_table
from duokua.engine.files.encoding import SAMPLE_BYTES, encoding_from, first_bad_byte, transcode
from duokua.engine.files.formats import Format, format_of
from duokua.engine.files.header import Names
from duokua.engine.files.json_rows import json_table
from duokua.engine.files.refusal import refuse_wide
from duokua.engine.files.sheet import sheet_table
from duokua.engine.files.table import Table

_CHUNK_BYTES = 1 << 22


def read_table(path: Path, work: Path, wanted: Names | None = None) -> Table:
    """Make ``path`` readable; copies go to the folder ``work``, which the caller removes.

    ``wanted`` maps spellings to column names and finds the header among title rows.

    :raises Invalid: the file as a whole cannot be read; nothing has been changed.
    """
    table = _read(path, work, wanted)
    refuse_wide(path, len(table.header))
    return table


def _read(path: Path, work: Path, wanted: Names | None) -> Table:
    match kind := format_of(path):
        case Format.CSV:
            return delimited_table(path, work, wanted)
        case Format.PARQUET:
            return parquet_table(path)
        case Format.ARROW_FILE | Format.ARROW_STREAM:
            return arrow_table(path, kind, work)
        case Format.XLSX:
            return sheet_table(path, work, wanted)
        case Format.JSON | Format.NDJSON:
            return json_table(path, kind, work, wanted)


def recoded_table(table: Table, work: Path) -> Table | None:
    """Return a CSV whose first MiB is ASCII in the encoding of what follows, if not UTF-8."""
    if table.format is not Format.CSV or table.data != table.path:
        return None
    if not _ascii_until(table.path, SAMPLE_BYTES):
        return None
    offset = first_bad_byte(table.path)
    if offset == table.path.stat().st_size or not _ascii_until(table.path, offset):
        return None
    encoding = encoding_from(table.path, offset)
    if encoding.plain:
        return None
    data = transcode(table.path, encoding, work / "plain.csv")
    return replace(table, data=data, encoding=encoding.name)


def _ascii_until(path: Path, offset: int) -> bool:
    with path.open("rb") as file:
        while offset > 0 and (chunk := file.read(min(offset, _CHUNK_BYTES))):
            if not chunk.isascii():
                return False
            offset -= len(chunk)
    return True

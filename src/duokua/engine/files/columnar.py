"""Parquet as it is, and Arrow files and streams copied to Parquet batch by batch."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.files.formats import Format
from duokua.engine.files.refusal import EXPORT_AGAIN, refusal, room_for
from duokua.engine.files.table import Table
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"


def parquet_table(path: Path) -> Table:
    """Read the footer of a Parquet file.

    :raises Invalid: a file that is cut or no Parquet.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "Parquet", error) from error
    return _table(path, path, Format.PARQUET, schema, metadata.num_rows)


def arrow_table(path: Path, kind: Format, work: Path) -> Table:
    """Copy an Arrow file or stream to Parquet.

    :raises Invalid: it is cut or broken, or the disk is full.
    """
    if kind is Format.ARROW_STREAM and not _has_end(path):
        what = Text("Arrow 流没有结尾标记：文件不完整", "the Arrow stream has no end: it is cut")
        raise refusal(path, "", what, EXPORT_AGAIN)
    into = work / "plain.parquet"
    try:
        with room_for(path), pa.OSFile(str(path)) as file:
            schema, rows = _copy(file, kind, into)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "Arrow", error) from error
    return _table(path, into, kind, schema, rows)


def _copy(file: pa.NativeFile, kind: Format, into: Path) -> tuple[pa.Schema, int]:
    rows = 0
    if kind is Format.ARROW_FILE:
        reader = pa.ipc.open_file(file)
        batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
    else:
        batches = reader = pa.ipc.open_stream(file)
    with pq.ParquetWriter(into, reader.schema, compression="zstd") as writer:
        for batch in batches:
            batch.validate(full=True)  # the file may come from anybody
            writer.write_batch(batch)
            rows += batch.num_rows
    return reader.schema, rows


def _has_end(path: Path) -> bool:
    with path.open("rb") as file:
        size = len(_END_OF_STREAM)
        file.seek(-min(size, path.stat().st_size), os.SEEK_END)
        return file.read() == _END_OF_STREAM


def _table(path: Path, data: Path, kind: Format, schema: pa.Schema, rows: int) -> Table:
    texts = frozenset(field.name for field in schema if _is_text(field.type))
    return Table(path, data, kind, tuple(schema.names), rows, True, texts, header_row=0)


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(value)
        or pa.types.is_large_string(value)
        or pa.types.is_string_view(value)
    )


def _unreadable(path: Path, name: str, error: Exception) -> Invalid:
    first = (str(error).splitlines() or [""])[0]
    what = Text(f"不是完整的 {name}：{first}", f"is no whole {name}: {first}")
    return refusal(path, "", what, EXPORT_AGAIN)

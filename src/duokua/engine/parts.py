"""The files of a table: which batch each is of, and its exact statistics.

A file's name tells its batch, also after rows of it were taken out. Its statistics lie beside the
table; they only repeat the file, which is read again where they are lost.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from duokua.engine.duck import DuckConnection, open_duck, scan
from duokua.engine.stats import TableStats, dump_stats, parse_stats, stats_from_row, stats_sql
from duokua.lang.contract import Column

_STATS = "_stats"  # an underscore hides a folder from readers of the table
_MARK = 16
_NOBODY = "0" * _MARK


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file and the statistics of its rows."""

    file: Path
    stats: TableStats


def fresh_name(batch: str) -> str:
    """Return a name that no file has yet for rows of ``batch``."""
    return f"part-{batch_mark(batch)}-{uuid.uuid4().hex}.parquet"


def renewed_name(file: Path) -> str:
    """Return a name that no file has yet for what stays of ``file``, which is of the same batch."""
    return f"part-{mark_of(file) or _NOBODY}-{uuid.uuid4().hex}.parquet"


def common_name() -> str:
    """Return a name that no file has yet for rows of several batches."""
    return f"part-{_NOBODY}-{uuid.uuid4().hex}.parquet"


def mark_of(file: Path) -> str | None:
    """Return the mark of the batch that a file is of, ``None`` if it is of no one batch."""
    pieces = file.stem.split("-")  # part, mark, number
    mark = pieces[1] if len(pieces) == 3 else _NOBODY
    return None if mark == _NOBODY else mark


def is_of(file: Path, batch: str) -> bool:
    """Tell whether the rows of a file came with ``batch``."""
    return file.name.startswith(f"part-{batch_mark(batch)}-")


def batch_mark(batch: str) -> str:
    """Return the mark in the names of the files of ``batch``."""
    return hashlib.sha256(batch.encode()).hexdigest()[:_MARK]


def keep_stats(folder: Path, part: Part) -> None:
    """Keep the statistics of a file of the table in ``folder``."""
    place = _place(folder, part.file)
    place.parent.mkdir(exist_ok=True)
    fresh = place.with_name(f".{place.name}-{uuid.uuid4().hex}")
    fresh.write_text(dump_stats(part.stats), encoding="utf-8")
    fresh.replace(place)


def forget_stats(folder: Path, file: Path) -> None:
    """Drop the statistics of a file that goes."""
    _place(folder, file).unlink(missing_ok=True)


def stats_of(folder: Path, files: Sequence[Path], columns: Sequence[Column]) -> list[TableStats]:
    """Return the exact statistics of each of ``files``."""
    return [_kept(folder, file) or _recounted(folder, file, columns) for file in files]


def _place(folder: Path, file: Path) -> Path:
    return folder / _STATS / f"{file.name}.json"


def _kept(folder: Path, file: Path) -> TableStats | None:
    try:
        return parse_stats(_place(folder, file).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):  # never written, or not wholly
        return None


def _recounted(folder: Path, file: Path, columns: Sequence[Column]) -> TableStats:
    duck = open_duck(directories=[file.parent])
    try:
        stats = measured(duck, file, columns)
    finally:
        duck.close()
    keep_stats(folder, Part(file, stats))
    return stats


def measured(duck: DuckConnection, file: Path, columns: Sequence[Column]) -> TableStats:
    """Count a file's rows; a column that it does not have yet is left out."""
    names = set(pq.read_schema(file).names)
    there = [column for column in columns if column.name in names]
    rows = duck.execute(stats_sql(there, scan([file]))).fetchall()
    return stats_from_row(there, rows[0])


def synced(paths: Sequence[Path]) -> None:
    """Make files and folders survive a power cut."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

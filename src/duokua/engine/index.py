"""The serving index (服务索引): an immutable SQLite file for key look-ups and keyset pages, and
beside it a Parquet copy in the same order for bulk answers.

Storage of kinds: string TEXT, integer INTEGER, number REAL, boolean INTEGER 0/1, date TEXT
``YYYY-MM-DD``, timestamp TEXT ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; all of them sort as their values do.
``_subject`` holds the keyed hash of the subject, so that receipts can name it without telling it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.arrow import arrow_schema
from duokua.engine.duck import open_duck, scan
from duokua.engine.lock import workshop
from duokua.engine.manifest import sync_file, sync_folder
from duokua.engine.renewal import renew
from duokua.engine.sqlite import Reader, open_immutable
from duokua.engine.stats import stored_sql
from duokua.lang.contract import Column, Kind
from duokua.lang.mask import PSEUDONYM_HEX

SUBJECT = "_subject"
SUBJECT_HEX = 16
_BATCH_ROWS = 65_536
_GROUP_ROWS = 122_880  # rows of a Parquet row group; small groups cost more footer than they save
_BLOCK = 64  # bytes of a SHA-256 block, for the HMAC below
_PAGE_BYTES = 8192
STORAGE = {
    Kind.STRING: "text",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "real",
    Kind.BOOLEAN: "integer",
    Kind.DATE: "text",
    Kind.TIMESTAMP: "text",
}


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """What an index holds: ``order`` is its total order, ``key`` identifies a row."""

    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]
    subject: str | None
    filters: tuple[str, ...] = ()  # columns that callers filter by equality

    def __post_init__(self) -> None:
        by_name = {column.name: column for column in self.columns}
        for name in (*self.order, *self.key, *self.filters):
            if name not in by_name:
                raise ValueError(f"column {name!r} is not in the index")
        for name in (*self.order, *self.key):
            if not by_name[name].required:
                raise ValueError(f"column {name!r} may be null and cannot order an index")
        if not self.order:
            raise ValueError("an index needs an order")
        if self.subject is not None and self.subject not in by_name:
            raise ValueError(f"the subject {self.subject!r} is not in the index")


def build_index(
    spec: IndexSpec,
    batches: Iterable[pa.RecordBatch],
    path: Path,
    *,
    subject_key: bytes,
    before: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the index of ``batches`` and return its rows; ``path`` appears whole or not at all.

    The sorted copy is :func:`export_path` of it and is in place before the index is. ``before`` is
    an index of the same spec, key and settings whose rows are mostly the same.

    ``progress`` is told the rows written so far.

    :raises ValueError: two rows have the same place in the order or the same key.
    """
    with workshop(path.parent) as folder:
        copy, fresh = folder / export_path(path).name, folder / path.name
        _write_sorted(spec, batches, copy, subject_key)
        rows = None if before is None else _renewed(spec, before, copy, fresh)
        if rows is None:
            rows = _fill(spec, copy, fresh, progress)
        for made, place in ((copy, export_path(path)), (fresh, path)):
            sync_file(made)
            made.replace(place)
    sync_folder(path.parent)
    return rows


def _renewed(spec: IndexSpec, before: Path, copy: Path, fresh: Path) -> int | None:
    """Write the index from the one before, or ``None`` where that is gone or differs too much."""
    old = export_path(before)
    if not (before.exists() and old.exists()):
        return None
    columns = [*(column.name for column in spec.columns), SUBJECT]
    kept = [*map(stored, spec.columns), f'"{SUBJECT}"']
    try:
        return renew(before, old, copy, fresh, order=spec.order, columns=columns, stored=kept)
    except sqlite3.IntegrityError as error:
        raise ValueError(f"rows are not unique: {error}") from error


def export_path(index: Path) -> Path:
    """Return the place of an index's sorted copy."""
    return index.with_suffix(".parquet")


def open_index(path: Path) -> Reader:
    """Open an index for reading, with the function ``pseudonym(key, text)`` of the masks."""
    connection = open_immutable(path)
    connection.create_scalar_function(
        "pseudonym", lambda *given: pseudonym(str(given[0]), given[1]), 2, deterministic=True
    )
    return connection


def pseudonym(key: str, text: apsw.SQLiteValue) -> str | None:
    """Return the pseudonym of ``text`` under ``key``, as the DuckDB expression of the mask does."""
    if text is None:
        return None
    inner = hashlib.sha256(f"{key}{text}".encode()).hexdigest()
    return hashlib.sha256(f"{key}{inner}".encode()).hexdigest()[:PSEUDONYM_HEX]


def _write_sorted(
    spec: IndexSpec, batches: Iterable[pa.RecordBatch], path: Path, subject_key: bytes
) -> None:
    schema = arrow_schema(spec.columns)
    wanted = [column.name for column in spec.columns]
    duck = open_duck(spill=path.parent / "spill")
    try:
        source = pa.RecordBatchReader.from_batches(
            schema, (batch.select(wanted).cast(schema) for batch in batches)
        )
        duck.register("source", source)
        sql, keys = sorted_rows(spec, subject_key)
        reader = duck.sql(sql, params=keys).to_arrow_reader(_GROUP_ROWS)
        with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
    finally:
        duck.close()


def _fill(spec: IndexSpec, source: Path, path: Path, progress: Callable[[int], None] | None) -> int:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
            connection.execute(f"pragma {pragma}")
        connection.execute(f"pragma page_size = {_PAGE_BYTES}")
        connection.execute("begin")
        connection.execute(index_table(spec))
        rows = _insert(connection, spec, source, progress)
        for name, columns in _further_indexes(spec):
            quoted = ", ".join(f'"{column}"' for column in columns)
            unique = "unique " if columns == spec.key else ""
            connection.execute(f"create {unique}index {name} on rows ({quoted})")
        connection.execute("commit")
        return rows
    except sqlite3.IntegrityError as error:
        raise ValueError(f"rows are not unique: {error}") from error
    finally:
        connection.close()


def _further_indexes(spec: IndexSpec) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the indexes beside the order: the key, and each filter followed by the order."""
    if spec.key and spec.key != spec.order:
        yield "rows_key", spec.key
    for number, column in enumerate(spec.filters):
        if column != spec.order[0]:
            yield f"rows_filter_{number}", (column, *spec.order)


def index_table(spec: IndexSpec) -> str:
    """Return the statement that makes the table of an index."""
    by_name = {column.name: column for column in spec.columns}
    columns = [f'"{column.name}" {STORAGE[column.kind]}' for column in spec.columns]
    columns.append(f'"{SUBJECT}" text')
    if len(spec.order) == 1 and by_name[spec.order[0]].kind is Kind.INTEGER:
        return f'create table rows ({", ".join(columns)}, primary key ("{spec.order[0]}"))'
    order = ", ".join(f'"{name}"' for name in spec.order)
    return f"create table rows ({', '.join(columns)}, primary key ({order})) without rowid"


def _insert(
    connection: sqlite3.Connection,
    spec: IndexSpec,
    source: Path,
    progress: Callable[[int], None] | None,
) -> int:
    places = ", ".join("?" * (len(spec.columns) + 1))
    insert = f"insert into rows values ({places})"  # noqa: S608
    kept = ", ".join(stored(column) for column in spec.columns)
    rows = 0
    duck = open_duck(directories=[source.parent])
    try:
        query = f'select {kept}, "{SUBJECT}" from {scan([source])} as source'  # noqa: S608
        for batch in duck.sql(query).to_arrow_reader(_BATCH_ROWS):
            values = (column.to_pylist() for column in batch.columns)
            connection.executemany(insert, zip(*values, strict=True))
            rows += batch.num_rows
            if progress:
                progress(rows)
    finally:
        duck.close()
    return rows


def sorted_rows(
    spec: IndexSpec, subject_key: bytes, source: str = "source"
) -> tuple[str, dict[str, bytes]]:
    """Return the query of the rows of ``source`` in order, and its two keys.

    Sorted input makes SQLite append pages instead of splitting them.
    """
    columns = [f'"{column.name}"' for column in spec.columns]
    order = ", ".join(f'"{name}"' for name in spec.order)
    subject, keys = "cast(null as varchar)", {}
    if spec.subject is not None:
        subject, keys = _subject_sql(spec.subject), _hmac_pads(subject_key)
    sql = f'select {", ".join(columns)}, {subject} as "{SUBJECT}" from {source} order by {order}'  # noqa: S608
    return sql, keys


def stored(column: Column) -> str:
    """Return the DuckDB expression of a column as an index stores it."""
    if column.kind is Kind.BOOLEAN:
        return f'cast("{column.name}" as tinyint)'
    return stored_sql(column)


def _subject_sql(column: str) -> str:
    """HMAC-SHA256 of RFC 2104 spelt in SQL, so that all threads of the engine compute it."""
    inner = f'sha256($inner_pad || encode(cast("{column}" as varchar)))'
    return f"substr(sha256($outer_pad || unhex({inner})), 1, {SUBJECT_HEX})"


def _hmac_pads(key: bytes) -> dict[str, bytes]:
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return {
        "inner_pad": bytes(byte ^ 0x36 for byte in block),
        "outer_pad": bytes(byte ^ 0x5C for byte in block),
    }

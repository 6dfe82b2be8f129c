"""The one place that opens DuckDB: pinned, without extensions, locked down."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DuckConnection: TypeAlias = "DuckDBPyConnection"

# How tables are written: a tenth less time and up to a sixth of the size of version 1's encodings.
PARQUET = "format parquet, compression zstd, parquet_version v2"
_DEFAULT_MEMORY_MB = 1024
_WARM_MEMORY_MB = 512
_MOST_WARM = 4
_WARM: OrderedDict[tuple[int, tuple[Path, ...]], DuckConnection] = OrderedDict()
_WARM_LOCK = threading.Lock()
_SHARED: list[tuple[tuple[Path, ...], DuckConnection]] = []


def open_duck(
    *,
    threads: int = 2,
    memory_mb: int = _DEFAULT_MEMORY_MB,
    directories: Iterable[Path] = (),
    spill: Path | None = None,
    progress: bool = False,
    alone: bool = False,
) -> DuckConnection:
    """Open an in-memory DuckDB that reads files below ``directories`` only.

    ``spill`` is a folder for sorts that outgrow ``memory_mb``; without it they fail instead.
    ``alone`` never shares an engine, see :func:`shared_duck`.
    The settings are a fence for our own statements, never the authorisation of a caller's.
    """
    import duckdb  # here, so that the gateway, which only writes statements, does not load it

    if _SHARED and not (alone or progress) and all(_within(each) for each in directories):
        return _SHARED[-1][1].cursor()
    connection = duckdb.connect(
        config={
            "threads": threads,
            "preserve_insertion_order": True,  # sorted files are read back in their order
            "memory_limit": f"{memory_mb}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(spill) if spill else "",
        }
    )
    connection.execute("set global TimeZone = 'UTC'")  # its cursors follow it
    if progress:  # makes `query_progress` tell something; nothing is printed
        connection.execute("set enable_progress_bar = true")
        connection.execute("set enable_progress_bar_print = false")
    allowed = ", ".join(text_literal(str(folder)) for folder in directories)
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


@contextmanager
def shared_duck(roots: Iterable[Path], spill: Path) -> Iterator[None]:
    """Let all small work of a long run of it, such as a building of many indexes, use one engine.

    Within the block :func:`open_duck` gives further connections to one engine that may read and
    write below ``roots``, wherever what is asked for lies below them: opening one anew takes longer
    than most of such work. For a process of its own: all its threads share the engine.
    """
    wide = tuple(root.resolve() for root in roots)
    engine = open_duck(directories=wide, spill=spill)
    _SHARED.append((wide, engine))
    try:
        yield
    finally:
        _SHARED.pop()
        engine.close()


def _within(folder: Path) -> bool:
    found = folder.resolve()
    return any(found.is_relative_to(root) for root in _SHARED[-1][0])


@contextmanager
def warm_duck(directories: Iterable[Path]) -> Iterator[DuckConnection]:
    """Lend a connection to an engine that is kept, for small work: opening one takes 20 ms.

    It has one thread and nowhere to spill; what needs more memory fails. Nothing of what a
    borrower makes outlives the block, as long as it makes temporary things only.
    """
    if _SHARED and all(_within(each) for each in directories):
        key = (os.getpid(), _SHARED[-1][0])
    else:
        key = (os.getpid(), tuple(sorted(set(directories))))  # a fork cannot use its parent's
    with _WARM_LOCK:
        engine = _WARM.pop(key, None)
        if engine is None:
            engine = open_duck(threads=1, memory_mb=_WARM_MEMORY_MB, directories=key[1])
        _WARM[key] = engine
        if len(_WARM) > _MOST_WARM:
            _WARM.popitem(last=False)
        cursor = engine.cursor()
    try:
        yield cursor
    except _fatal():
        with _WARM_LOCK:
            _WARM.pop(key, None)
        raise
    finally:
        cursor.close()


def _fatal() -> tuple[type[Exception], ...]:
    """Return the errors after which an engine can do nothing more."""
    import duckdb

    return duckdb.FatalException, duckdb.InternalException


def scan(files: Sequence[Path], columns: Sequence[str] = ()) -> str:
    """Return the SQL of a sub-select over exactly ``files``, all columns if none are named.

    The files are those that a table version lists, never what a folder happens to hold.
    """
    if not files:
        raise ValueError("a scan needs at least one file")
    names = ", ".join(f'"{column}"' for column in columns) or "*"
    paths = ", ".join(text_literal(str(path)) for path in files)
    return f"(select {names} from read_parquet([{paths}], union_by_name = true))"  # noqa: S608


def text_literal(text: str) -> str:
    """Quote ``text`` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"

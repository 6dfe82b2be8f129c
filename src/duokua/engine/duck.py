"""The one place that opens DuckDB: pinned, without extensions, locked down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DuckConnection: TypeAlias = "DuckDBPyConnection"

_DEFAULT_MEMORY_MB = 1024


def open_duck(
    *,
    threads: int = 2,
    memory_mb: int = _DEFAULT_MEMORY_MB,
    directories: Iterable[Path] = (),
    spill: Path | None = None,
    progress: bool = False,
) -> DuckConnection:
    """Open an in-memory DuckDB that reads files below ``directories`` only.

    ``spill`` is a folder for sorts that outgrow ``memory_mb``; without it they fail instead.
    The settings are a fence for our own statements, never the authorisation of a caller's.
    """
    import duckdb  # here, so that the gateway, which only writes statements, does not load it

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
    connection.execute("set TimeZone = 'UTC'")
    if progress:  # makes `query_progress` tell something; nothing is printed
        connection.execute("set enable_progress_bar = true")
        connection.execute("set enable_progress_bar_print = false")
    allowed = ", ".join(text_literal(str(folder)) for folder in directories)
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


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

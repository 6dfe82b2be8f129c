"""SQLite connections: durable writers and immutable readers."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

_BUSY_TIMEOUT_S = 20.0
_CACHED_STATEMENTS = 256
_MMAP_BYTES = 8 << 30
_CACHE_KIB = 65_536


def connect(path: Path, *, readonly: bool = False, immutable: bool = False) -> sqlite3.Connection:
    """Open ``path`` in autocommit mode: a transaction begins with an explicit ``begin``.

    A writable file uses WAL, syncs each commit and waits up to 20 s for other writers.
    ``immutable`` is for a file that nobody will ever change again: no locks, mapped into memory.

    :raises sqlite3.OperationalError: a file to be read is missing.
    """
    uri = f"file:{quote(str(path.absolute()))}"
    if immutable:
        uri += "?mode=ro&immutable=1"
    elif readonly:
        uri += "?mode=ro"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    if immutable:
        connection.execute(f"pragma mmap_size = {_MMAP_BYTES}")
        connection.execute(f"pragma cache_size = -{_CACHE_KIB}")
    elif not readonly:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
    return connection


Connection = sqlite3.Connection
OperationalError = sqlite3.OperationalError
Cursor = sqlite3.Cursor

"""SQLite connections: durable writers (the standard library's) and immutable readers (APSW's).

APSW brings the SQLite of today, without Debian's mutexes: a look-up costs it half. The two must
never open one file together, as each would drop the other's POSIX locks; immutable files have none.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import apsw

_BUSY_TIMEOUT_S = 20.0
_CACHED_STATEMENTS = 256
_MMAP_BYTES = 8 << 30
_CACHE_KIB = 65_536


def connect(
    path: Path, *, readonly: bool = False, sync: Literal["full", "normal"] = "full"
) -> sqlite3.Connection:
    """Open ``path`` in autocommit mode: a transaction begins with an explicit ``begin``.

    A writable file uses WAL, syncs each commit and waits up to 20 s for other writers. With
    ``sync="normal"`` only checkpoints are synced: a power cut takes the newest transactions along
    and leaves the file whole, which is right for what can be built again.

    :raises sqlite3.OperationalError: a file to be read is missing.
    """
    uri = f"file:{quote(str(path.absolute()))}"
    if readonly:
        uri += "?mode=ro"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    if not readonly:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {sync}")
    return connection


def open_immutable(path: Path) -> Reader:
    """Open a file that nobody will ever change again: no locks, mapped into memory.

    The connection belongs to one thread.

    :raises apsw.CantOpenError: there is no such file.
    """
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_NOMUTEX
    uri = f"file:{quote(str(path.absolute()))}?immutable=1"
    connection = apsw.Connection(uri, flags=flags, statementcachesize=_CACHED_STATEMENTS)
    connection.pragma("mmap_size", _MMAP_BYTES)
    connection.pragma("cache_size", -_CACHE_KIB)
    return connection


Reader = apsw.Connection
ReaderCursor = apsw.Cursor
Interrupted = apsw.InterruptError
Connection = sqlite3.Connection
Error = sqlite3.Error  # and each error of a connection is one
ReaderError = apsw.Error  # and each error of a reader is one

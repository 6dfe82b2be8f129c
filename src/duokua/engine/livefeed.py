"""The live feed (实时变更档): the newest rows of a stream's dataset, written while they are read.

One SQLite file with the tables of a feed and of an index (see :mod:`duokua.engine.feed`), so that the
same statements, masks and filters serve it. Rows are only ever added; those older than the window of
the stream go without being told as gone: they stay in the lake.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

import apsw

from duokua.engine import sqlite
from duokua.engine.duck import open_duck, scan
from duokua.engine.feed import IMAGE, INDEX, UNTIL, WAS, WHOSE, feed_tables
from duokua.engine.index import SUBJECT, IndexSpec, index_table, pseudonym, sorted_rows, stored
from duokua.engine.sqlite import Reader

_SUFFIX = ".sqlite3"
_MEMORY_MB = 512


def live_path(events: Path, dataset: str) -> Path:
    """Return the place of the live feed of a dataset."""
    return events / "live" / f"{dataset}{_SUFFIX}"


class LiveFeed:
    """The one writer of a live feed; made where there is none."""

    def __init__(self, path: Path, spec: IndexSpec, subject_key: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._spec, self._key = spec, subject_key
        self._connection = sqlite.connect(path, sync="normal")
        self._duck = open_duck(memory_mb=_MEMORY_MB, directories=[path.parent.parent])
        if not _has_tables(self._connection):
            self._make()

    def _make(self) -> None:
        made = [*feed_tables(self._spec), index_table(self._spec)]
        made.append(f"create index past_until on past ({UNTIL})")
        self._connection.execute("begin immediate")
        for statement in made:
            self._connection.execute(statement)
        self._connection.execute("insert into version values (0, 0, 0)")
        self._connection.execute("commit")

    def append(self, version: int, at: float, parquet: Path) -> bool:
        """Add the rows of a file as one version; ``False``: that version is there already."""
        known = self._connection.execute("select 1 from version where version >= ?", (version,))
        if known.fetchone():
            return False
        rows = self._rows(parquet)
        names = [column.name for column in self._spec.columns]
        places = ", ".join("?" * (len(names) + 1))
        keys = [names.index(name) for name in self._spec.order]
        shown = ", ".join(f'"{IMAGE}{name}"' for name in self._spec.order)
        marks = ", ".join("?" * len(keys))
        self._connection.execute("begin immediate")
        try:
            self._connection.executemany(f"insert or ignore into rows values ({places})", rows)  # noqa: S608
            self._connection.executemany(
                f"insert or ignore into past ({shown}, {UNTIL}, {WAS}, {WHOSE}) "  # noqa: S608
                f"values ({marks}, {version}, 0, ?)",
                ((*(row[i] for i in keys), row[-1]) for row in rows),
            )
            told = (version, at, len(rows))
            self._connection.execute("insert into version values (?, ?, ?)", told)
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise
        return True

    def _rows(self, parquet: Path) -> list[tuple[object, ...]]:
        sql, keys = sorted_rows(self._spec, self._key, scan([parquet]))
        columns = ", ".join(stored(column) for column in self._spec.columns)
        found = self._duck.execute(f'select {columns}, "{SUBJECT}" from ({sql})', keys or None)  # noqa: S608
        return found.fetchall()

    def forget(self, before: float) -> int:
        """Remove the versions committed before an instant (seconds since 1970) but the newest."""
        floor = self._connection.execute(
            "select max(version) from version where at < ? "
            "and version < (select max(version) from version)", (before,)
        ).fetchone()[0]  # fmt: skip
        if not floor:
            return 0
        names = ", ".join(f'"{name}"' for name in self._spec.order)
        images = ", ".join(f'"{IMAGE}{name}"' for name in self._spec.order)
        self._connection.execute("begin immediate")
        gone = self._connection.execute(
            f"delete from rows where ({names}) in "  # noqa: S608
            f"(select {images} from past where {UNTIL} <= ?)", (floor,)
        ).rowcount  # fmt: skip
        self._connection.execute(f"delete from past where {UNTIL} <= ?", (floor,))  # noqa: S608
        self._connection.execute("delete from version where version < ?", (floor,))
        self._connection.execute("commit")
        return gone

    def close(self) -> None:
        """Release the file."""
        self._duck.close()
        self._connection.close()


def newest(path: Path) -> tuple[int, float] | None:
    """Return the newest version and its instant; ``None``: there is no such feed."""
    if not path.exists():
        return None
    connection = sqlite.connect(path, readonly=True)
    try:
        found = connection.execute("select version, at from version order by 1 desc limit 1")
        version, at = found.fetchone()
        return int(version), float(at)
    except sqlite3.OperationalError:  # it is being made
        return None
    finally:
        connection.close()


def open_live(path: Path) -> Reader:
    """Open a live feed with itself attached as ``now``; the connection belongs to one thread."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_NOMUTEX
    uri = f"file:{quote(str(path.absolute()))}"
    connection = apsw.Connection(uri, flags=flags)
    connection.execute(f"attach ? as {INDEX}", (uri,))
    connection.pragma("query_only", True)
    connection.set_busy_timeout(1000)
    connection.create_scalar_function(
        "pseudonym", lambda *given: pseudonym(str(given[0]), given[1]), 2, deterministic=True
    )
    return connection


def _has_tables(connection: sqlite.Connection) -> bool:
    found = connection.execute("select 1 from sqlite_master where name = 'version'").fetchone()
    return found is not None

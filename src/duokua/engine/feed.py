"""The feed (变更档) of a serving index: what its rows were before each later version, by key.

An immutable SQLite file beside the index, made anew with it: the feed before, and for every key that
differs between the index before and this one, its image before. A row that is new has an empty image.
With it and the index anybody who knows an earlier version can be told exactly what has become of it.

Images are rows as they were, so a feed is kept short, and is begun anew when rows are to be forgotten.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from duokua.engine.index import STORAGE, SUBJECT, IndexSpec, open_index
from duokua.engine.lock import workshop
from duokua.engine.manifest import sync_file, sync_folder
from duokua.engine.sqlite import Reader

IMAGE = "_p_"  # before the name of a column; no column of a contract begins with an underscore
UNTIL, WAS, WHOSE = "_until", "_was", "_whose"
INDEX = "now"  # the index, attached to its feed
KEEP_VERSIONS = 200
KEEP_S = 30 * 86_400.0
KEEP_IMAGES = 2_000_000  # beyond so many, and more than twice the rows, older versions are dropped


@dataclass(frozen=True, slots=True)
class Step:
    """From one index to the next; without ``index`` and ``feed`` the feed begins here."""

    version: int
    at: float  # when that version was committed, seconds since 1970
    new: Path
    index: Path | None = None
    feed: Path | None = None


def feed_path(index: Path, token: str = "") -> Path:
    """Return the place of an index's feed; a ``token`` tells one made anew from the one before."""
    return index.with_name(f"{index.stem}-feed{token and '-'}{token}.sqlite")


def build_feed(spec: IndexSpec, step: Step, path: Path) -> None:
    """Write the feed of ``step.new``; ``path`` appears whole or not at all.

    :raises OSError: the feed before is gone.
    :raises sqlite3.OperationalError: the index before is gone.
    """
    with workshop(path.parent) as folder:
        fresh = folder / path.name
        if step.feed is not None:
            shutil.copyfile(step.feed, fresh)
        connection = sqlite3.connect(f"file:{quote(str(fresh))}", uri=True, isolation_level=None)
        try:
            _fill(connection, spec, step)
        finally:
            connection.close()
        sync_file(fresh)
        fresh.replace(path)
    sync_folder(path.parent)


def _fill(connection: sqlite3.Connection, spec: IndexSpec, step: Step) -> None:
    for pragma in ("journal_mode = off", "synchronous = off", "secure_delete = on"):
        connection.execute(f"pragma {pragma}")
    for name, place in (("new", step.new), ("old", step.index)):
        if place is not None:
            connection.execute(f"attach ? as {name}", (_immutable(place),))
    connection.execute("begin")
    if step.feed is None:
        for statement in feed_tables(spec):
            connection.execute(statement)
    images = _add(connection, spec, step.version) if step.index is not None else 0
    told = (step.version, step.at, images)
    connection.execute("insert or replace into version values (?, ?, ?)", told)
    _drop(connection, step.at)
    connection.execute("commit")


def feed_tables(spec: IndexSpec) -> Iterable[str]:
    """Yield the statements that make the tables of a feed."""
    columns = [f'"{IMAGE}{c.name}" {STORAGE[c.kind]}' for c in spec.columns]
    key = ", ".join(f'"{IMAGE}{name}"' for name in spec.order)
    yield "create table version (version integer primary key, at real not null, images integer)"
    yield (
        f"create table past ({', '.join(columns)}, {UNTIL} integer, {WAS} integer, {WHOSE} text, "
        f"primary key ({key}, {UNTIL})) without rowid"
    )


def _add(connection: sqlite3.Connection, spec: IndexSpec, version: int) -> int:
    """Keep the image before of every key that differs; return how many there are."""
    names = [column.name for column in spec.columns]
    same = " and ".join(f'o."{name}" = n."{name}"' for name in spec.order)
    differs = " or ".join(f'o."{name}" is not n."{name}"' for name in names)
    first = spec.order[0]
    images = ", ".join(f'o."{name}"' for name in names)
    gone = connection.execute(
        f"insert into past select {images}, ?, 1, o.{SUBJECT} from old.rows o "  # noqa: S608
        f'left join new.rows n on {same} where n."{first}" is null or {differs}',
        (version,),
    ).rowcount
    keys = ", ".join(f'"{IMAGE}{name}"' for name in spec.order)
    places = ", ".join(f'n."{name}"' for name in spec.order)
    fresh = connection.execute(
        f"insert into past ({keys}, {UNTIL}, {WAS}, {WHOSE}) "  # noqa: S608
        f"select {places}, ?, 0, n.{SUBJECT} "
        f'from new.rows n left join old.rows o on {same} where o."{first}" is null',
        (version,),
    ).rowcount
    return gone + fresh


def _drop(connection: sqlite3.Connection, now: float) -> None:
    """Forget the oldest versions; the two newest stay, however much lies between them."""
    versions = connection.execute("select version, at, images from version order by 1").fetchall()
    rows = connection.execute("select count(*) from new.rows").fetchone()[0]
    images = sum(each[2] for each in versions[1:])  # those of the first went with the one before
    floor = 0
    while len(versions) - floor > 2 and (
        len(versions) - floor > KEEP_VERSIONS
        or versions[floor + 1][1] < now - KEEP_S
        or images > max(KEEP_IMAGES, 2 * rows)
    ):
        floor += 1
        images -= versions[floor][2]
    if floor:
        told = (versions[floor][0],)
        connection.execute(f"delete from past where {UNTIL} <= ?", told)  # noqa: S608
        connection.execute("delete from version where version < ?", told)


def open_feed(feed: Path, index: Path) -> Reader:
    """Open a feed with its index attached as ``now``; the connection belongs to one thread."""
    connection = open_index(feed)
    connection.execute(f"attach ? as {INDEX}", (_immutable(index),))
    return connection


def _immutable(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?immutable=1"

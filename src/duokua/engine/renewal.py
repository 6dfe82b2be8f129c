"""A serving index made from the one before (续建索引): a copy of it in which few rows change.

Both have a sorted copy in Parquet, and the rows by which those differ are what changes. Writing a
row into SQLite costs several times as much as comparing it, so this pays where few rows differ.
The index before is never touched: its readers go on. Where a row goes for good, nothing is copied:
what a subject had erased must not linger between the rows of a file.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from duokua.engine.duck import DuckConnection, open_duck, scan, text_literal
from duokua.engine.source import listed

_SHARE = 5  # with a change of more than a fifth of the rows, building anew is as fast
_LEAST = 1_000
_BATCH_ROWS = 65_536
_MEMORY_MB = 1536


def renew(
    before: Path,
    old: Path,
    new: Path,
    fresh: Path,
    *,
    order: Sequence[str],
    columns: Sequence[str],
    stored: Sequence[str],
) -> int | None:
    """Write the index ``fresh`` from the index ``before``; return its rows, ``None`` if not worth it.

    ``old`` and ``new`` are the sorted copies, ``columns`` all of theirs, of which ``order`` tells a
    row; ``stored`` are the expressions of what the index holds.

    :raises sqlite3.IntegrityError: a row's key is there twice.
    """
    spill = fresh.parent / "spill"
    duck = open_duck(memory_mb=_MEMORY_MB, directories=[old.parent, new.parent], spill=spill)
    try:
        (rows,) = duck.execute(f"select count(*) from {scan([new])}").fetchall()[0]  # noqa: S608
        differing = fresh.parent / "differing.parquet"
        _write_differing(duck, old, new, differing, order, columns)
        few = max(_LEAST, rows // _SHARE)
        found, gone = duck.execute(
            "select count(*), count(*) filter (where _goes and not _comes) "  # noqa: S608
            f"from {scan([differing])}"
        ).fetchall()[0]
        if found > few or gone:
            return None
        shutil.copyfile(before, fresh)
        given = f"select {', '.join(stored)}, _goes, _comes from {scan([differing])}"  # noqa: S608
        batches = duck.sql(given).to_arrow_reader(_BATCH_ROWS)
        names = [*columns, "_goes", "_comes"]
        _apply(fresh, (dict(zip(names, b.columns, strict=True)) for b in batches), order, columns)
        return int(rows)
    finally:
        duck.close()


def _write_differing(
    duck: DuckConnection,
    old: Path,
    new: Path,
    into: Path,
    order: Sequence[str],
    columns: Sequence[str],
) -> None:
    """Write the rows that come and the places of those that go, by whether they do either."""
    others = [name for name in columns if name not in order]
    same = " and ".join(
        [f'n."{name}" is not distinct from o."{name}"' for name in others] or ["true"]
    )
    places = ", ".join(f'coalesce(n."{name}", o."{name}") as "{name}"' for name in order)
    values = "".join(f', n."{name}" as "{name}"' for name in others)
    duck.execute(
        f"copy (select {places}{values}, o._there is not null as _goes, "  # noqa: S608
        f"n._there is not null as _comes "
        f"from (select *, true as _there from {scan([new])}) as n "
        f"full join (select *, true as _there from {scan([old])}) as o using ({listed(order)}) "
        f"where n._there is null or o._there is null or not ({same})) "
        f"to {text_literal(str(into))} (format parquet)"
    )


def _apply(
    fresh: Path, batches: Iterable[dict[str, object]], order: Sequence[str], columns: Sequence[str]
) -> None:
    """Take the rows that go out before any comes in, so that keys may change places."""
    found = [{name: part.to_pylist() for name, part in each.items()} for each in batches]  # type: ignore[attr-defined]
    place = " and ".join(f'"{name}" = ?' for name in order)
    marks = ", ".join("?" * len(columns))
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        for pragma in (
            "journal_mode = off",
            "synchronous = off",
            "locking_mode = exclusive",
            "secure_delete = on",
        ):
            connection.execute(f"pragma {pragma}")
        connection.execute("begin")
        for sql, names, flag in (
            (f"delete from rows where {place}", order, "_goes"),  # noqa: S608
            (f"insert into rows values ({marks})", columns, "_comes"),  # noqa: S608
        ):
            for each in found:
                rows = zip(*(each[name] for name in names), strict=True)
                chosen = (row for row, does in zip(rows, each[flag], strict=True) if does)
                connection.executemany(sql, chosen)
        connection.execute("commit")
    finally:
        connection.close()

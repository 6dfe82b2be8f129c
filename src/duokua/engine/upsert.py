"""Puts rows in place of those with the same key (按主键更新), in as few files as can be.

Files whose key ranges, or keys, do not meet the new rows stay as they are. The others are written
again without the rows that go; readers of an older version still find the old files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from duokua.engine.arrow import DUCK
from duokua.engine.delta import Change, TableHead
from duokua.engine.duck import PARQUET, DuckConnection, open_duck, scan, text_literal
from duokua.engine.lock import workshop
from duokua.engine.parts import Part, measured, renewed_name, stats_of
from duokua.engine.ranges import may_overlap
from duokua.engine.source import listed, quoted
from duokua.engine.stats import EMPTY, merge
from duokua.lang.contract import Contract

_MEMORY_MB = 1536


@dataclass(frozen=True, slots=True)
class _Merge:
    duck: DuckConnection
    table: Path
    contract: Contract
    head: TableHead
    into: Path


def plan_upsert(
    table: Path,
    head: TableHead,
    fresh: Part,
    contract: Contract,
    *,
    batch: str,
    newest_by: str | None = None,
    threads: int = 2,
) -> Change:
    """Return the change that lands ``fresh``; its new files are written beside ``fresh``.

    With ``newest_by``, a column, a row lands only if it is newer there than what it would replace,
    so that batches may come in any order. ``fresh`` is then written again with what lands.
    """
    into = fresh.file.parent
    with workshop(into) as spill:
        duck = open_duck(
            threads=threads, memory_mb=_MEMORY_MB, directories=[table, into], spill=spill
        )
        try:
            merging = _Merge(duck, table, contract, head, into)
            return _plan(merging, fresh, batch, newest_by, spill)
        finally:
            duck.close()


def _plan(merging: _Merge, fresh: Part, batch: str, newest_by: str | None, spill: Path) -> Change:
    files, contract = merging.head.files, merging.contract
    stats = dict(zip(files, stats_of(merging.table, files, contract.columns), strict=True))
    near = [file for file in files if may_overlap(contract.key, fresh.stats, stats[file])]
    landing = fresh if newest_by is None else _newest(merging, fresh, near, newest_by, spill)
    touched = _touched(merging, landing, near)
    left = [part for file in touched if (part := _without(merging, file, landing)) is not None]
    added = (*left, *([landing] if landing.stats.rows else []))
    kept = [stats[file] for file in files if file not in touched]
    total = reduce(merge, [*kept, *(part.stats for part in added)], EMPTY)
    return Change(merging.head.version, batch, tuple(added), tuple(touched), total)


def _touched(merging: _Merge, landing: Part, near: Sequence[Path]) -> list[Path]:
    """Return those of ``near`` that have a key of ``landing``."""
    if not near or not landing.stats.rows:
        return []
    keys = listed(merging.contract.key)
    paths = ", ".join(text_literal(str(file)) for file in near)
    found = merging.duck.execute(
        f"select distinct filename from read_parquet([{paths}], filename = true) "  # noqa: S608
        f"semi join {scan([landing.file], merging.contract.key)} using ({keys})"
    ).fetchall()
    names = {Path(name).name for (name,) in found}
    return [file for file in near if file.name in names]


def _without(merging: _Merge, file: Path, landing: Part) -> Part | None:
    """Write a file again without the keys of ``landing``; ``None`` if no row is left."""
    keys = listed(merging.contract.key)
    fresh = merging.into / renewed_name(file)
    merging.duck.execute(
        f"copy (select * from {scan([file])} "  # noqa: S608
        f"anti join {scan([landing.file], merging.contract.key)} using ({keys})) "
        f"to {text_literal(str(fresh))} ({PARQUET})"
    )
    stats = measured(merging.duck, fresh, merging.contract.columns)
    if stats.rows:
        return Part(fresh, stats)
    fresh.unlink()
    return None


def _newest(
    merging: _Merge, fresh: Part, near: Sequence[Path], newest_by: str, spill: Path
) -> Part:
    """Write ``fresh`` again: the newest row of each key that is newer than what the table has.

    Of rows that are as new as each other the greatest wins, so that the order of landing does not
    tell; an equal row of the table stays.
    """
    columns, key = merging.contract.columns, merging.contract.key
    others = [column.name for column in columns if column.name not in (newest_by, *key)]
    order = ", ".join(f"{quoted(name)} desc nulls last" for name in (newest_by, *others))
    names = listed(column.name for column in columns)
    nothing = ", ".join(
        f"cast(null as {DUCK[each.kind]}) as {quoted(each.name)}" for each in columns
    )
    rows = f"select *, false as _there from {scan([fresh.file])}"  # noqa: S608
    if near:
        keys = f"{scan([fresh.file], key)} using ({listed(key)})"
        rows += f" union all by name select *, true as _there from {scan(near)} semi join {keys}"  # noqa: S608
    every = f"(select {nothing}, false as _there where false union all by name {rows})"
    best = spill / "newest.parquet"
    merging.duck.execute(
        f"copy (select {names} from {every} qualify row_number() over "  # noqa: S608
        f"(partition by {listed(key)} order by {order}, _there desc) = 1 and not _there) "
        f"to {text_literal(str(best))} ({PARQUET})"
    )
    stats = measured(merging.duck, best, columns)
    best.replace(fresh.file)
    return Part(fresh.file, stats)

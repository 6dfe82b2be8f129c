"""Makes few files of many small ones (合并小文件); the rows stay what they are.

Files of one batch become files of that batch. A batch whose file is merged with those of others
cannot be told from them any more, so either all files of a batch are merged with others or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from duokua.engine.delta import Change, TableHead
from duokua.engine.duck import PARQUET, DuckConnection, open_duck, scan, text_literal
from duokua.engine.lock import workshop
from duokua.engine.parts import Part, common_name, mark_of, measured, renewed_name, stats_of
from duokua.engine.source import listed
from duokua.engine.stats import EMPTY, TableStats, merge
from duokua.lang.contract import Contract

TARGET = 1_000_000  # rows of a file
SMALL = 100_000  # rows below which a file is called small
_GROUP = 100_000  # rows that a reader may skip at once
_MEMORY_MB = 1024


@dataclass(frozen=True, slots=True)
class _Unit:
    """Files that are merged with others together or not at all."""

    files: tuple[Path, ...]
    rows: int
    least: Any  # where its keys begin, so that neighbours are merged


def plan_compaction(
    table: Path,
    head: TableHead,
    contract: Contract,
    into: Path,
    *,
    batch: str,
    kept: frozenset[str] = frozenset(),
    target: int = TARGET,
    threads: int = 2,
) -> Change | None:
    """Return the change that makes few files of many, ``None`` if there is nothing to merge.

    Its new files are written into the folder ``into``. Batches with the marks ``kept`` stay in
    files of their own; ``target`` is about how many rows a file is to have.
    """
    stats = dict(zip(head.files, stats_of(table, head.files, contract.columns), strict=True))
    groups = _groups(_units(stats, contract.key[0]), kept, target, stats)
    if not groups:
        return None
    with workshop(into) as spill:
        duck = open_duck(
            threads=threads, memory_mb=_MEMORY_MB, directories=[table, into], spill=spill
        )
        try:
            added = tuple(_merged(duck, group, stats, contract, into) for group in groups)
        finally:
            duck.close()
    removed = tuple(file for group in groups for file in group)
    left = [each for file, each in stats.items() if file not in set(removed)]
    total = reduce(merge, [*left, *(part.stats for part in added)], EMPTY)
    return Change(head.version, batch, added, removed, total)


def _units(stats: dict[Path, TableStats], key: str) -> list[_Unit]:
    """Part the files by batch; those that are of no one batch any more stand each for itself."""
    by_batch: dict[str, list[Path]] = {}
    for file in stats:
        by_batch.setdefault(mark_of(file) or file.name, []).append(file)
    units = []
    for files in by_batch.values():
        told = reduce(merge, [stats[file] for file in files], EMPTY)
        units.append(_Unit(tuple(files), told.rows, told.of(key).least))
    # Values of one column can be compared; a file without any comes last.
    return sorted(
        units,
        key=lambda unit: (unit.least is None, 0 if unit.least is None else unit.least, unit.files),
    )


def _groups(
    units: Sequence[_Unit], kept: frozenset[str], target: int, stats: dict[Path, TableStats]
) -> list[tuple[Path, ...]]:
    """Return which files become one file each."""
    shared = [unit for unit in units if 2 * unit.rows < target and _mark(unit) not in kept]
    groups = _packed(((unit.files, unit.rows) for unit in shared), target)
    for unit in units:
        if unit not in shared:
            small = [file for file in unit.files if 2 * stats[file].rows < target]
            groups += _packed((((file,), stats[file].rows) for file in small), target)
    return [group for group in groups if len(group) > 1]


def _mark(unit: _Unit) -> str | None:
    return mark_of(unit.files[0])


def _packed(pieces: Iterable[tuple[tuple[Path, ...], int]], target: int) -> list[tuple[Path, ...]]:
    groups: list[tuple[Path, ...]] = []
    filled = target
    for files, rows in pieces:
        if filled + rows > target:
            groups.append(())
            filled = 0
        groups[-1] = (*groups[-1], *files)
        filled += rows
    return groups


def _merged(
    duck: DuckConnection,
    group: tuple[Path, ...],
    stats: dict[Path, TableStats],
    contract: Contract,
    into: Path,
) -> Part:
    """Write the rows of ``group`` in the order of their key into one file."""
    marks = {mark_of(file) for file in group}
    alone = len(marks) == 1 and None not in marks
    fresh = into / (renewed_name(group[0]) if alone else common_name())
    duck.execute(
        f"copy (select * from {scan(group)} order by {listed(contract.key)}) "  # noqa: S608
        f"to {text_literal(str(fresh))} "
        f"({PARQUET}, row_group_size {_GROUP})"
    )
    part = Part(fresh, measured(duck, fresh, contract.columns))
    before = reduce(merge, [stats[file] for file in group], EMPTY)
    if not _alike(before, part.stats, contract):
        fresh.unlink()
        raise ArithmeticError(f"merged rows differ from those of {len(group)} files")
    return part


def _alike(before: TableStats, after: TableStats, contract: Contract) -> bool:
    """Tell whether the counts agree: a file that has gone bad must not be put in place of others."""
    names = [column.name for column in contract.columns]
    return before.rows == after.rows and all(
        before.of(name).nulls == after.of(name).nulls for name in names
    )

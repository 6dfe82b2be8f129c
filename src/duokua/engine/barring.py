"""Lets the rows of erased subjects stand aside at ingest; of them only the number is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from duokua.engine.duck import DuckConnection, open_duck, text_literal
from duokua.engine.erasing import Chosen, choose, write_kept
from duokua.engine.intake import Staged
from duokua.engine.lock import workshop
from duokua.engine.parts import measured
from duokua.engine.sift import Aside, counts
from duokua.engine.source import quoted
from duokua.lang.contract import Contract

ERASED = "erased"  # the reason code


def bar(
    staged: Staged, file: Path, aside: Path, contract: Contract, chosen: Chosen, column: str
) -> Staged:
    """Take the chosen rows out of a staged file; they stand aside without their values.

    ``column`` is where the fault is told.
    """
    with workshop(file.parent) as spill:
        duck = open_duck(directories=[file.parent, aside.parent], spill=spill)
        try:
            if not choose(duck, file, chosen):
                return staged
            stood = _set_aside(duck, staged, aside, contract, column, spill)
            fresh = spill / file.name
            write_kept(duck, file, fresh)
            fresh.replace(file)
            return replace(staged, stats=measured(duck, file, contract.columns), aside=stood)
        finally:
            duck.close()


def _set_aside(
    duck: DuckConnection, staged: Staged, aside: Path, contract: Contract, column: str, spill: Path
) -> Aside:
    """Write what stood aside before and the numbers of the rows of ``gone``."""
    before = _path(aside) if staged.aside is not None else None
    total = staged.stats.rows + (staged.aside.rows if staged.aside else 0)
    # The rows of the file are those of its source, in order, less those that stood aside.
    standing = f"from read_parquet({before}) select row" if before else "select 0 where false"
    numbers = (
        "select row_number() over (order by n) - 1 as place, n as row "  # noqa: S608
        f"from range(1, {total + 1}) as every(n) where n not in ({standing})"
    )
    raw = ", ".join(f"{quoted(each.name)}: cast(null as varchar)" for each in contract.columns)
    fault = f"{{'column': {text_literal(column)}, 'reason': {text_literal(ERASED)}}}"
    rows = (
        f"select row, {{{raw}}} as raw, [{fault}] as faults from ({numbers}) "  # noqa: S608
        "where place in (select place from gone)"
    )
    if before:
        rows = f"{rows} union all select row, raw, faults from read_parquet({before})"  # noqa: S608
    fresh = spill / "aside.parquet"
    duck.execute(
        f"copy (select * from ({rows}) order by row) to {_path(fresh)} "  # noqa: S608
        "(format parquet, compression zstd)"
    )
    stood = f"read_parquet({_path(fresh)})"
    (count,) = duck.execute(f"select count(*) from {stood}").fetchall()[0]  # noqa: S608
    told = counts(duck, stood)
    fresh.replace(aside)
    return Aside(aside, count, told)


def _path(file: Path) -> str:
    return text_literal(str(file))

"""Building the cells of a cube (立方体): grouped once, small and telling cells left out for good.

A cell is kept only when enough people are in it, for every figure too; and when no figure is shaped
by one or two of them, so that neither a stranger nor the largest contributor learns of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import pyarrow as pa

from duokua.engine.arrow import arrow_schema
from duokua.engine.duck import open_duck
from duokua.lang.contract import Contract
from duokua.lang.cube import (
    ROWS,
    Cube,
    Measure,
    cell_columns,
    is_protected,
    number_of,
    total_of,
)

MOST_CELLS = 20_000  # of a cube: an answer is computed from all of them on the gateway's event loop
DOMINANCE = 0.1  # of the greatest part, which all parts but the two greatest must exceed
Noisy = Callable[[float, float], float]  # a value and a scale give a noisy value


class TooManyCells(Exception):
    """The cube has more shown cells than :data:`MOST_CELLS`."""


def source_columns(cube: Cube, contract: Contract) -> list[str]:
    """Return the columns that a cube is made of, in the contract's order."""
    wanted = {*cube.dimensions, *contract.key, *(m.column for m in cube.measures)}
    wanted.add(contract.subject)
    return [column.name for column in contract.columns if column.name in wanted]


def build_cells(
    cube: Cube, contract: Contract, batches: Iterable[pa.RecordBatch], noisy: Noisy | None = None
) -> pa.Table:
    """Return the shown cells, as :func:`duokua.lang.cube.cell_columns` has them.

    With ``noisy`` every person counts by one row only, and every figure is changed by noise.

    :raises TooManyCells: the dimensions are too many or too fine.
    """
    wanted = source_columns(cube, contract)
    schema = arrow_schema([contract.by_name[name] for name in wanted])
    duck = open_duck()
    try:
        reader = pa.RecordBatchReader.from_batches(
            schema, (batch.select(wanted).cast(schema) for batch in batches)
        )
        duck.register("source", reader)
        table = cast(pa.Table, duck.sql(_sql(cube, contract, noisy is not None)).to_arrow_table())
    finally:
        duck.close()
    if noisy is not None:
        table = _with_noise(cube, table, noisy)
    if table.num_rows > MOST_CELLS:
        raise TooManyCells
    return table.cast(arrow_schema(cell_columns(cube, contract)))


def _sql(cube: Cube, contract: Contract, once: bool) -> str:
    """Return the query of the cells: rows to people, people to cells, and which cells may stand."""
    dimensions = ", ".join(_quoted(name) for name in cube.dimensions)
    figured = [measure for measure in cube.measures if measure.fn != "count"]
    key = ", ".join(_quoted(name) for name in contract.key)
    who = _quoted(contract.subject) if contract.subject else f"row({key})"
    parts = [_parts(measure) for measure in figured]
    of_person = ["count(*) as n", *(part for pair in parts for part in pair)]
    one_row = f"qualify row_number() over (partition by {who} order by {key}) = 1" if once else ""
    shown = [f"cast(sum(n) as bigint) as {_quoted(ROWS)}"]
    for at, measure in enumerate(figured):
        shown.append(f"cast(coalesce(sum(s{at}), 0) as double) as {_quoted(total_of(measure))}")
        shown.append(f"cast(sum(c{at}) as bigint) as {_quoted(number_of(measure))}")
    conditions = [f"count(who) >= {int(cube.least)}"]
    for at, measure in enumerate(figured):
        conditions += _conditions(at, measure, cube, contract)
    return (
        f"with counted as (select *, {who} as who from source {one_row}), "  # noqa: S608
        f"people as (select {dimensions}, who, {', '.join(_at(of_person))} from counted "
        f"group by {dimensions}, who) "
        f"select {dimensions}, {', '.join(shown)} from people group by {dimensions} "
        f"having {' and '.join(conditions)}"
    )


def _parts(measure: Measure) -> tuple[str, str]:
    value = f"cast({_quoted(str(measure.column))} as double)"
    if measure.between is not None:
        low, high = measure.between
        # A missing value stays missing: `least` and `greatest` would leave it out and tell a bound.
        bounded = f"greatest({_number(low)}, least({_number(high)}, {value}))"
        value = f"case when {value} is null then null else {bounded} end"
    return f"sum({value})", f"count({_quoted(str(measure.column))})"


def _at(of_person: list[str]) -> list[str]:
    """Name the parts of a person: ``n``, then ``s0``, ``c0``, ``s1``, ``c1``…"""
    named = of_person[:1]
    for at, part in enumerate(of_person[1:]):
        named.append(f"{part} as {'c' if at % 2 else 's'}{at // 2}")
    return named


def _conditions(at: int, measure: Measure, cube: Cube, contract: Contract) -> list[str]:
    """Return what a cell must meet for one sum or mean.

    Counted from either bound: that nearly all have the least value tells as much as that one has
    a great one. When all are equal nothing exceeds anything, and the cell is hidden.
    """
    conditions = [f"count(who) filter (where c{at} > 0) >= {int(cube.least)}"]
    if measure.between is None or not is_protected(contract):
        return conditions
    low, high = (_number(bound) for bound in measure.between)
    for part in (f"(s{at} - {low} * c{at})", f"({high} * c{at} - s{at})"):
        known = f"case when c{at} > 0 and who is not null then {part} end"
        first, second = f"max({known}, 2)[1]", f"max({known}, 2)[2]"
        conditions.append(f"sum({known}) - {first} - {second} > {DOMINANCE} * {first}")
    return conditions


def _with_noise(cube: Cube, table: pa.Table, noisy: Noisy) -> pa.Table:
    """Change every figure of every cell; cells that seem small now are left out as well."""
    assert cube.noise is not None  # noqa: S101 - see `build_cells`
    figured = [measure for measure in cube.measures if measure.fn != "count"]
    share = cube.noise.epsilon / (1 + 2 * len(figured))
    kept = []
    for cell in table.to_pylist():
        cell[ROWS] = round(noisy(float(cell[ROWS]), 1 / share))
        for measure in figured:
            number = round(noisy(float(cell[number_of(measure)]), 1 / share))
            low, high = measure.between or (0.0, 0.0)
            scale = max(abs(low), abs(high)) / share
            total = noisy(cell[total_of(measure)], scale)
            cell[number_of(measure)] = number
            cell[total_of(measure)] = min(max(total, low * number), high * number)
        numbers = [cell[ROWS], *(cell[number_of(measure)] for measure in figured)]
        if min(numbers) >= max(1, cube.least):
            kept.append(cell)
    return pa.Table.from_pylist(kept, schema=table.schema)


def _number(value: float) -> str:
    return f"cast({value!r} as double)"


def _quoted(name: str) -> str:
    return f'"{name}"'

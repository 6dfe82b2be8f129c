"""The cube (立方体): the one table of groups that may be told of data about people.

It is built once for each version of the data, small cells left out, and every answer is computed
from its shown cells alone; so nothing that is asked can tell more than the cells do. The reasons
stand in ``docs/adr/0013-queries-and-cubes.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from duokua.lang.contract import Column, Contract, Kind, Level

LEAST = 10  # people of a cell, where a contract is about people
BUDGET = 200
MAX_DIMENSIONS = 6
ROWS = "_rows"  # how many rows a cell has; no column of a contract begins with an underscore
Fn = Literal["count", "sum", "min", "max", "avg"]
FNS: tuple[Fn, ...] = ("count", "sum", "min", "max", "avg")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of every cell: how many rows, or the sum or mean of a column.

    Values are brought into ``between`` first, so that nobody's alone can shape a figure.
    """

    name: str
    fn: Literal["count", "sum", "avg"]
    column: str | None = None
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """Differential privacy (差分隐私): what one release of the cube costs, and all may."""

    epsilon: float
    budget: float


@dataclass(frozen=True, slots=True)
class Cube:
    """Which groups and figures of a dataset are told.

    ``least`` is how many people (rows, where there is no subject) a shown cell has; ``budget`` how
    many different questions one grant may ask of one version.
    """

    dimensions: tuple[str, ...]
    measures: tuple[Measure, ...]
    least: int = LEAST
    budget: int = BUDGET
    noise: Noise | None = None


def is_protected(contract: Contract) -> bool:
    """Tell whether groups and sums of a dataset may be told through its cube only."""
    return (
        contract.subject is not None
        or contract.personal
        or any(level in (Level.L3, Level.L4) for level in _levels(contract))
    )


def _levels(contract: Contract) -> list[Level]:
    return [contract.level, *(column.level for column in contract.columns)]


def cell_columns(cube: Cube, contract: Contract) -> tuple[Column, ...]:
    """Return the columns of the stored cells: dimensions, rows, and two for each sum or mean."""
    title = contract.title
    columns = [contract.by_name[name] for name in cube.dimensions]
    columns.append(Column(ROWS, Kind.INTEGER, title, required=True))
    for measure in cube.measures:
        if measure.fn != "count":
            columns.append(Column(total_of(measure), Kind.NUMBER, title, required=True))
            columns.append(Column(number_of(measure), Kind.INTEGER, title, required=True))
    return tuple(columns)


def total_of(measure: Measure) -> str:
    """Return the stored column of a measure's sum."""
    return f"_sum_{measure.name}"


def number_of(measure: Measure) -> str:
    """Return the stored column of how many values a measure's sum has."""
    return f"_n_{measure.name}"


def measure_column(measure: Measure, contract: Contract) -> Column:
    """Return the column that a measure answers with."""
    if measure.column is None:
        return Column(measure.name, Kind.INTEGER, contract.title, required=True)
    source = contract.by_name[measure.column]
    return Column(measure.name, Kind.NUMBER, source.title, required=True, unit=source.unit)


def cube_to_json(cube: Cube) -> dict[str, Any]:
    """Write a cube as plain JSON values."""
    noise = cube.noise and {"epsilon": cube.noise.epsilon, "budget": cube.noise.budget}
    return {
        "dimensions": list(cube.dimensions),
        "measures": [
            {
                "name": each.name,
                "fn": each.fn,
                "column": each.column,
                "between": each.between and list(each.between),
            }
            for each in cube.measures
        ],
        "least": cube.least,
        "budget": cube.budget,
        "noise": noise,
    }


def cube_from_json(value: dict[str, Any]) -> Cube:
    """Read a cube that :func:`cube_to_json` wrote."""
    measures = tuple(
        Measure(
            each["name"],
            each["fn"],
            each["column"],
            (each["between"][0], each["between"][1]) if each["between"] else None,
        )
        for each in value["measures"]
    )
    noise = Noise(**value["noise"]) if value["noise"] else None
    return Cube(tuple(value["dimensions"]), measures, value["least"], value["budget"], noise)

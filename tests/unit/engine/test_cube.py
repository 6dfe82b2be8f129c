"""Which cells a cube keeps, in plain Python and by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import cube as engine
from duokua.engine.cube import DOMINANCE, TooManyCells, build_cells
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.cube import ROWS, Cube, Measure, Noise
from engines import Row, batch_of

TEXT = Text("列", "column")
CONTRACT = Contract(
    "p", "1.0.0", TEXT, TEXT, "d", Level.L3,
    (
        Column("id", Kind.INTEGER, TEXT, required=True),
        Column("person", Kind.STRING, TEXT, level=Level.L3, personal="name"),
        Column("street", Kind.STRING, TEXT, required=True),
        Column("wage", Kind.NUMBER, TEXT, level=Level.L3, personal="income"),
    ),
    ("id",), subject="person",
)  # fmt: skip
LOW, HIGH = 0.0, 100.0
CUBE = Cube(
    ("street",), (Measure("n", "count"), Measure("wage", "sum", "wage", (LOW, HIGH))), least=3
)
COUNT = replace(CUBE, measures=CUBE.measures[:1])


def table(*cells: tuple[str | None, str, float | None]) -> list[Row]:
    return [
        {"id": at, "person": person, "street": street, "wage": wage}
        for at, (person, street, wage) in enumerate(cells)
    ]


def cells(cube: Cube, rows: list[Row], contract: Contract = CONTRACT) -> list[dict[str, Any]]:
    return sorted(
        build_cells(cube, contract, [batch_of(contract.columns, rows)]).to_pylist(),
        key=lambda cell: cell["street"],
    )


def test_people_are_counted_and_not_their_rows() -> None:
    rows = table(*[("a", "S", 1.0)] * 9, ("b", "S", 2.0), *[(n, "T", 5.0) for n in "abc"])
    assert cells(COUNT, rows) == [{"street": "T", ROWS: 3}]


def test_rows_of_nobody_make_no_people() -> None:
    assert cells(COUNT, table(*[(None, "S", 1.0)] * 9, ("a", "S", 1.0), ("b", "S", 1.0))) == []


def test_without_a_subject_every_row_counts() -> None:
    places = replace(CONTRACT, subject=None)
    assert cells(COUNT, table(*[(None, "S", 1.0)] * 3), places) == [{"street": "S", ROWS: 3}]


def test_a_figure_needs_enough_people_of_its_own() -> None:
    known = [("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", 40.0), ("e", 50.0)]
    rows = table(*[(n, "S", w) for n, w in known], *[(n, "S", None) for n in "xyz"])
    assert cells(CUBE, rows) == [{"street": "S", ROWS: 8, "_sum_wage": 150.0, "_n_wage": 5}]
    few = table(*[(n, "S", w) for n, w in known[:2]], *[(n, "S", None) for n in "xyz"])
    assert cells(CUBE, few) == []
    assert cells(COUNT, few) == [{"street": "S", ROWS: 5}]


@pytest.mark.parametrize("wages", [
    [0, 0, 0, 0, 0, 0], [100] * 6,  # everybody's is known
    [100, 0, 0, 0, 0, 0], [100, 100, 0, 0, 0, 0], [0, 100, 100, 100, 100, 100],
    [90, 90, 1, 1, 1, 1], [5000, 60, 1, 1, 1, 0],  # what is beyond the bounds counts as the bound
])  # fmt: skip
def test_figures_that_tell_of_one_are_hidden(wages: list[float]) -> None:
    rows = table(*[(f"p{at}", "S", float(wage)) for at, wage in enumerate(wages)])
    assert cells(CUBE, rows) == []
    assert len(cells(COUNT, rows)) == 1


people = st.sampled_from([*"abcdefgh", None])
wages = st.none() | st.sampled_from([0.0, 50.0, 100.0, 250.0, -3.0]) | st.floats(0, 100).map(round)
rows_ = st.lists(st.tuples(people, st.sampled_from("ST"), wages), max_size=40)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rows_)
def test_a_cell_stands_exactly_when_the_rules_allow_it(drawn: list[Any]) -> None:
    rows = table(*[(p, s, None if w is None else float(w)) for p, s, w in drawn])
    expected = []
    for street in "ST":
        total: dict[Any, list[float]] = defaultdict(list)
        for row in rows:
            if row["street"] == street:
                total[row["person"]] += [] if row["wage"] is None else [_bounded(row["wage"])]
        everybody = [w for known in total.values() for w in known]
        named = {person: known for person, known in total.items() if person is not None}
        known = [part for part in named.values() if part]
        if len(named) < CUBE.least or len(known) < CUBE.least:
            continue
        if all(_safe(sorted(parts, reverse=True)) for parts in (
            [sum(part) - LOW * len(part) for part in known],
            [HIGH * len(part) - sum(part) for part in known],
        )):  # fmt: skip
            number = sum(row["street"] == street for row in rows)
            expected.append((street, number, sum(everybody), len(everybody)))
    found = [(c["street"], c[ROWS], c["_sum_wage"], c["_n_wage"]) for c in cells(CUBE, rows)]
    assert found == [pytest.approx(cell) for cell in expected] or found == expected


def _bounded(wage: Any) -> float:
    return float(min(max(wage, LOW), HIGH))


def _safe(parts: list[float]) -> bool:
    return sum(parts[2:]) > DOMINANCE * parts[0]


def test_noise_counts_a_person_once_and_changes_every_figure() -> None:
    noisy = replace(CUBE, noise=Noise(3.0, 9.0))
    rows = table(*[(f"p{at % 9}", "S", 10.0 * (at % 9)) for at in range(18)])
    scales: list[float] = []

    def add(value: float, scale: float) -> float:
        scales.append(scale)
        return value + 1

    batch = batch_of(CONTRACT.columns, rows)
    (cell,) = build_cells(noisy, CONTRACT, [batch], add).to_pylist()
    assert cell == {"street": "S", ROWS: 10, "_sum_wage": 361.0, "_n_wage": 10}
    # Three figures share one epsilon; a person moves a count by one and a sum by the bound.
    assert scales == [1.0, 1.0, HIGH]
    assert build_cells(noisy, CONTRACT, [batch], lambda value, _: value - 50).num_rows == 0


def test_a_cube_of_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_CELLS", 1)
    rows = table(*[(n, s, 1.0) for s in "ST" for n in "abc"])
    with pytest.raises(TooManyCells):
        cells(COUNT, rows)

"""SQLite, DuckDB and the reference evaluator agree on any rows, masks and conditions."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from duokua.lang.contract import Kind
from duokua.lang.mask import (
    ByKind,
    Grid,
    Hide,
    Keep,
    Mask,
    Pseudonym,
    Round,
    Truncate,
    masked_kind,
)
from duokua.lang.mask_kinds import MaskKind, kinds_masked
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix
from engines import COLUMNS, KEY, PLACE, Cell, Engines, Row
from reference.evaluator import evaluate

EFFORT = int(os.environ.get("EFFORT", "1"))
NAMES = [column.name for column in COLUMNS]
texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8
) | st.text("a王é\u0301🏗", max_size=6)
PERSONAL = [
    "[张欧阳司马王]{0,3}[小明娜]{0,3}",
    r"(\+86)?[ -]?1[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}",
    "0[0-9]{2,3}-[0-9]{7,8}",
    "[0-9]{14,17}[0-9Xx]",
    "[0-9]{4} [0-9]{4} [0-9]{3,11}",
    "[浙京A-C]{1,2}[A-D1][ ·.-]?[0-9A-D]{4,6}[学挂]?",
    "(浙江省)?(杭州市)?([西路小][湖桥北]?[区县市路]){0,4}[0-9一]{0,2}[号幢]?",
    r"[a-c.@]{0,3}@[a-c ]{0,2}\.?[a-c@]{0,2}",
]
texts |= st.one_of([st.from_regex(form, fullmatch=True) for form in PERSONAL])
days = st.dates().map(lambda day: day.isoformat())
instants = st.datetimes().map(lambda at: at.isoformat(timespec="microseconds") + "Z")
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
numbers |= st.floats(-190, 190).map(lambda number: number + 0.0)
VALUES: dict[Kind, st.SearchStrategy[Cell]] = {
    Kind.STRING: texts,
    Kind.INTEGER: st.integers(-9, 9) | st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.integers(-20, 20).map(lambda n: n / 2) | numbers,
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: days,
    Kind.TIMESTAMP: instants,
}


def by_kind(of: Kind) -> st.SearchStrategy[Mask]:
    return st.sampled_from([ByKind(kind) for kind in MaskKind if of in kinds_masked(kind)])


MASKS: dict[Kind, list[st.SearchStrategy[Mask]]] = {
    Kind.STRING: [
        st.builds(Keep, st.integers(0, 4), st.integers(0, 4)),
        st.just(Pseudonym()),
        by_kind(Kind.STRING),
        by_kind(Kind.STRING),
    ],
    Kind.INTEGER: [
        st.builds(Round, st.integers(1, 10**9)),
        st.just(Pseudonym()),
        by_kind(Kind.INTEGER),
    ],
    Kind.NUMBER: [
        st.builds(Round, st.integers(1, 10**9)),
        st.builds(Grid, st.sampled_from([10, 100, 1000])),
        by_kind(Kind.NUMBER),
    ],
    Kind.BOOLEAN: [],
    Kind.DATE: [
        st.builds(Truncate, st.sampled_from(["decade", "year", "month"])),
        by_kind(Kind.DATE),
    ],
    Kind.TIMESTAMP: [],
}
rows = st.lists(
    st.fixed_dictionaries({each.name: st.none() | VALUES[each.kind] for each in COLUMNS}),
    min_size=1,
    max_size=6,
)
masks = st.fixed_dictionaries(
    {}, optional={each.name: st.one_of(st.just(Hide()), *MASKS[each.kind]) for each in COLUMNS}
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], dict[str, Mask], list[Predicate]]:
    table: list[Row] = draw(rows)
    chosen: dict[str, Mask] = draw(masks)
    kinds = {each.name: masked_kind(chosen.get(each.name), each.kind) for each in COLUMNS}

    def leaf() -> st.SearchStrategy[Predicate]:
        return st.sampled_from(NAMES).flatmap(lambda name: leaves(name, kinds[name], table))

    tree = st.recursive(
        leaf(),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(And, st.lists(inner, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        ),
        max_leaves=5,
    )
    return table, chosen, draw(st.lists(tree, max_size=2))


def leaves(name: str, kind: Kind, table: list[Row]) -> st.SearchStrategy[Predicate]:
    present = [row[name] for row in table if fits(row[name], kind)]
    value = VALUES[kind] | st.sampled_from(present) if present else VALUES[kind]
    ops = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
    several = st.lists(value, max_size=3).map(tuple)
    made = [
        st.builds(Compare, st.just(name), ops, value),
        st.builds(In, st.just(name), several),
        st.just(IsNull(name)),
    ]
    if kind is Kind.STRING:
        made.append(st.builds(Prefix, st.just(name), texts))
    return st.one_of(made)


def fits(cell: Cell, kind: Kind) -> bool:
    return isinstance(cell, str) if kind is Kind.STRING else cell is not None


@pytest.mark.campaign
@settings(max_examples=60 * EFFORT, deadline=None, print_blob=True)
@given(cases())
@example(([dict.fromkeys(NAMES) | {"number": 1.7976931348623157e308}], {"number": Round(3)}, []))
def test_three_ways_agree(case: tuple[list[Row], dict[str, Mask], list[Predicate]]) -> None:
    table, chosen, predicates = case
    placed = [row | {PLACE.name: at} for at, row in enumerate(table)]
    shown = [PLACE.name, *NAMES]
    expected = [
        tuple(row.values())
        for row in evaluate(placed, shown, shown, chosen, None, predicates, [PLACE.name], None, KEY)
    ]
    engines = Engines(table)
    try:
        sqlite, duck = engines.select(shown, chosen, predicates)
    finally:
        engines.close()
    assert sqlite == expected
    assert duck == expected

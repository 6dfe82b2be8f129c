"""Any query, page by page through both engines, answers what plain Python does over masked rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest
from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Level
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Mask, masked_kind
from duokua.lang.predicate import And, IsNull, Not, Predicate
from duokua.lang.query import Aggregate, Order, Query, answer_columns, simplest
from duokua.serving import query_sql
from duokua.serving.plan import Plan, Served
from duokua.serving.querying import typed
from engines import COLUMNS, KEY, PLACE, Cell, Row, batch_of
from generative.test_masks import NAMES, cases
from reference.evaluator import evaluate, holds

EFFORT = int(os.environ.get("EFFORT", "1"))
TEXT = Text("表", "table")
ALL = (PLACE, *COLUMNS)
CONTRACT = Contract("t", "1.0.0", TEXT, TEXT, "d", Level.L1, ALL, (PLACE.name,))
SHOWN = [PLACE.name, *NAMES]
INTERFACE = Interface(
    "i", "1.0.0", TEXT, TEXT, "t", "d", Shape.PAGE, tuple(SHOWN), (), (PLACE.name,)
)


@contextmanager
def served(
    table: list[Row], masks: dict[str, Mask], row_filter: Predicate | None
) -> Iterator[tuple[Plan, DuckConnection]]:
    """Index a table and compile a grant on it."""
    with TemporaryDirectory(prefix="duokua-query-") as name:
        folder = Path(name)
        index = folder / "1.sqlite"
        spec = IndexSpec(ALL, (PLACE.name,), (), None)
        batch = batch_of(ALL, [{PLACE.name: at, **row} for at, row in enumerate(table)])
        build_index(spec, [batch], index, subject_key=b"s")
        manifest = Manifest("i", 1, "", len(table), index.name, export_path(index).name, (), "")
        grant = Grant(
            "g", "c", "d", "i", "p", "b", tuple(SHOWN), tuple(masks.items()), row_filter,
            Quota(), 10**6, 0.0, 1e12,
        )  # fmt: skip
        opened = Served.open(INTERFACE, CONTRACT, manifest, folder)
        duck = open_duck(threads=1, directories=[folder])
        try:
            yield Plan(opened, grant, KEY), duck
        finally:
            duck.close()
            opened.close()


def by_index(plan: Plan, made: tuple[str, tuple[Any, ...]]) -> list[tuple[Cell, ...]]:
    assert plan.served.index is not None
    return list(plan.served.index.execute(*made))


def by_worker(duck: DuckConnection, made: Any) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = duck.execute(made.sql, made.values).fetchall()
    return rows


def rank(cell: Cell) -> tuple[bool, Any]:
    """A missing value comes before all others."""
    return (cell is not None, cell)


def sorted_by(rows: Sequence[dict[str, Cell]], order: Sequence[Order]) -> list[dict[str, Cell]]:
    found = list(rows)
    for term in reversed(order):
        found.sort(key=lambda row, name=term.name: rank(row[name]), reverse=term.descending)  # type: ignore[misc]
    return found


orders = st.lists(
    st.builds(Order, st.sampled_from(SHOWN), st.booleans()),
    max_size=3,
    unique_by=lambda term: term.name,
).map(tuple)


@pytest.mark.campaign
@settings(max_examples=40 * EFFORT, deadline=None, print_blob=True)
@given(
    cases(),
    orders,
    st.lists(st.sampled_from(SHOWN), min_size=1, unique=True),
    st.integers(1, 4),
    st.booleans(),
)
def test_pages(
    case: tuple[list[Row], dict[str, Mask], list[Predicate]],
    order: tuple[Order, ...],
    select: list[str],
    limit: int,
    worker_first: bool,
) -> None:
    table, masks, predicates = case
    row_filter = predicates[1] if len(predicates) > 1 and fits_raw(predicates[1], masks) else None
    where: Predicate = And(tuple(predicates[:1]))
    query = Query(tuple(select), where, (), (), order, limit)
    placed = [{PLACE.name: at, **row} for at, row in enumerate(table)]
    shown = evaluate(placed, SHOWN, SHOWN, masks, row_filter, [where], [PLACE.name], None, KEY)
    with served(table, masks, row_filter) as (plan, duck):
        full = query_sql.full_order(plan, query)
        expected = [tuple(row[n] for n in select) for row in sorted_by(shown, full)]
        columns = answer_columns(query, query_sql.granted_columns(plan))
        found: list[tuple[Cell, ...]] = []
        after, turn = None, worker_first
        while True:
            if turn:
                rows = by_worker(
                    duck, query_sql.page_statement(plan, query, after, limit + 1, "json")
                )
            else:
                rows = by_index(plan, query_sql.page_sql(plan, query, after, limit + 1))
            width, page = len(select), rows[:limit]
            found += typed(columns, [row[:width] for row in page])
            if len(rows) <= limit:
                break
            after, turn = page[-1][width:-1], not turn
    assert found == expected


def fits_raw(predicate: Predicate, masks: dict[str, Mask]) -> bool:
    """Tell whether a condition made for masked values also fits raw ones."""
    from duokua.lang.predicate import columns_of

    kinds = {each.name: each.kind for each in COLUMNS}
    return all(masked_kind(masks.get(n), kinds[n]) is kinds[n] for n in columns_of(predicate))


@pytest.mark.campaign
@settings(max_examples=40 * EFFORT, deadline=None, print_blob=True)
@given(cases(), st.lists(st.sampled_from(NAMES), max_size=2, unique=True), orders)
def test_groups(
    case: tuple[list[Row], dict[str, Mask], list[Predicate]], group: list[str],
    order: tuple[Order, ...],
) -> None:  # fmt: skip
    table, masks, predicates = case
    where: Predicate = And(tuple(predicates[:1]))
    named = tuple(term for term in order if term.name in group)
    figures = (
        Aggregate("count", None, "n"),
        Aggregate("count", "string", "known"),
        *(Aggregate(fn, name, f"{fn}_{name}") for fn in ("min", "max") for name in NAMES),  # type: ignore[arg-type]
    )
    query = Query((), where, tuple(group), figures, named, 100)
    placed = [{PLACE.name: at, **row} for at, row in enumerate(table)]
    shown = evaluate(placed, SHOWN, SHOWN, masks, None, [where], [PLACE.name], None, KEY)
    with served(table, masks, None) as (plan, duck):
        columns = answer_columns(query, query_sql.granted_columns(plan))
        sqlite = typed(columns, by_index(plan, query_sql.groups_sql(plan, query, 100)))
        made = query_sql.groups_statement(plan, query, 100, "json")
        worker = [row[:-1] for row in by_worker(duck, made)]
        full = query_sql.full_order(plan, query)
    cells: dict[tuple[Cell, ...], list[dict[str, Cell]]] = {} if group else {(): []}
    for row in shown:
        cells.setdefault(tuple(row[name] for name in group), []).append(row)
    keys = sorted_by([dict(zip(group, cell, strict=True)) for cell in cells], full)
    expected = [
        (*key.values(), *(figure(each, cells[tuple(key.values())]) for each in figures))
        for key in keys
    ]
    assert sqlite == expected
    assert worker == expected


def figure(aggregate: Aggregate, rows: list[dict[str, Cell]]) -> Cell:
    if aggregate.column is None:
        return len(rows)
    known = [row[aggregate.column] for row in rows if row[aggregate.column] is not None]
    if aggregate.fn == "count":
        return len(known)
    chosen = min if aggregate.fn == "min" else max
    return chosen(known) if known else None  # type: ignore[type-var]


@settings(max_examples=200 * EFFORT, deadline=None)
@given(cases())
@example(([], {}, [Not(And((Not(IsNull("string")),)))]))  # a denial that a single part hid
def test_the_simplest_form_means_the_same(
    case: tuple[list[Row], dict[str, Mask], list[Predicate]],
) -> None:
    table, masks, predicates = case
    shown = evaluate(table, NAMES, NAMES, masks, None, [], [], None, KEY)
    whole = And(tuple(predicates))
    assert simplest(simplest(whole)) == simplest(whole)
    for row in shown:
        assert holds(whole, row) == holds(simplest(whole), row)

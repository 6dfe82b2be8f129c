"""Masks, filters, columns, parameters and limits over HTTP, held against the reference evaluator."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Grant, grant_to_json
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Mask, masked_kind
from duokua.lang.predicate import And, Compare, Not, Or, Predicate, Prefix
from duokua.serving import tokens
from duokua.serving.keys import pseudonym_key, token_key
from duokua.serving.policy import Change
from engines import COLUMNS, PLACE, Cell, Row
from gateway.decoding import assert_equal
from gateway.world import FOREVER, Gateway, query
from generative.test_masks import VALUES, leaves
from generative.test_masks import masks as any_masks
from generative.test_masks import rows as any_rows
from reference.evaluator import evaluate, masked_value

EFFORT = int(os.environ.get("EFFORT", "1"))
LABEL = Text("任意", "any")
NAMES = tuple(column.name for column in COLUMNS)
ALL = (PLACE, *COLUMNS)
CONTRACT = Contract("any", "1.0.0", LABEL, LABEL, "civil", Level.L2, ALL, (PLACE.name,))
OPS = ("eq", "ne", "lt", "le", "gt", "ge")
FORMATS = ("json", "csv", "arrow", "parquet")
CLIENT = "generator"
_numbers = itertools.count()


def _parameters(column: Column) -> list[Parameter]:
    made = [Parameter(f"{column.name}_{op}", column.name, op) for op in OPS]
    if column.kind is Kind.STRING:
        made.append(Parameter(f"{column.name}_prefix", column.name, "prefix"))
    return made


PARAMETERS = tuple(itertools.chain.from_iterable(map(_parameters, ALL)))


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: parameters, limit (none: all) and format."""

    given: tuple[tuple[Parameter, Cell], ...]
    limit: int | None
    format: str


@dataclass(frozen=True, slots=True)
class Case:
    """A table and the grants on it, each with its calls."""

    table: list[Row]
    grants: list[tuple[dict[str, Mask], Predicate | None, tuple[str, ...], list[Asked]]]


def _filters(table: list[Row]) -> st.SearchStrategy[Predicate]:
    kinds = {column.name: column.kind for column in COLUMNS}
    leaf = st.sampled_from(NAMES).flatmap(lambda name: leaves(name, kinds[name], table))
    return st.recursive(
        leaf.filter(_is_json),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(And, st.lists(inner, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        ),
        max_leaves=4,
    )


def _is_json(predicate: Predicate) -> bool:
    return getattr(predicate, "values", True) != ()  # an empty list is refused when it is granted


@st.composite
def cases(draw: st.DrawFn) -> Case:
    table = draw(any_rows)
    rows: list[Row] = [{PLACE.name: 10 * at, **row} for at, row in enumerate(table)]
    grants = []
    for _ in range(draw(st.integers(2, 5))):
        masks = draw(any_masks)
        row_filter = draw(st.none() | _filters(table))
        columns = draw(st.lists(st.sampled_from(NAMES), unique=True))
        shown = tuple(name for name in (PLACE.name, *NAMES) if name in {PLACE.name, *columns})
        calls = draw(st.lists(_calls(rows, masks, shown), min_size=1, max_size=4))
        grants.append((masks, row_filter, shown, calls))
    return Case(rows, grants)


@st.composite
def _calls(
    draw: st.DrawFn, rows: list[Row], masks: dict[str, Mask], shown: tuple[str, ...]
) -> Asked:
    usable = [p for p in PARAMETERS if p.column in shown and _fits(p, masks)]
    chosen = draw(st.lists(st.sampled_from(usable), max_size=2, unique_by=lambda p: p.name))
    given_ = tuple((p, draw(_values(p, rows, masks))) for p in chosen)
    format_ = draw(st.sampled_from(FORMATS))
    limits: st.SearchStrategy[int | None] = st.integers(1, 4) | st.integers(1001, 1003)
    if format_ != "json":
        limits |= st.none()
    return Asked(given_, draw(limits), format_)


def _kind(name: str, masks: dict[str, Mask]) -> Kind:
    return masked_kind(masks.get(name), CONTRACT.by_name[name].kind)


def _fits(parameter: Parameter, masks: dict[str, Mask]) -> bool:
    return parameter.op != "prefix" or _kind(parameter.column, masks) is Kind.STRING


def _values(
    parameter: Parameter, rows: list[Row], masks: dict[str, Mask]
) -> st.SearchStrategy[Cell]:
    """Values as they come, those that are there, and those that the mask shows."""
    name = parameter.column
    kind = _kind(name, masks)
    there = [masked_value(row[name], masks.get(name), "k") for row in rows]
    there += [row[name] for row in rows]
    fitting = [
        cell for cell in there if cell is not None and isinstance(cell, str) == _is_text(kind)
    ]
    return VALUES[kind] | st.sampled_from(fitting) if fitting else VALUES[kind]


def _is_text(kind: Kind) -> bool:
    return kind in (Kind.STRING, Kind.DATE, Kind.TIMESTAMP)


def _spelt(cell: Cell) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _condition(parameter: Parameter, cell: Cell) -> Predicate:
    assert cell is not None
    if parameter.op == "prefix":
        return Prefix(parameter.column, str(cell))
    return Compare(parameter.column, parameter.op, cell)  # type: ignore[arg-type]


class Stage:
    """Publishes a case, and takes it away again."""

    def __init__(self, gateway: Gateway, case: Case) -> None:
        self.gateway, self.case = gateway, case
        number = next(_numbers)
        page = Interface(
            f"any_page_{number}", "1.0.0", LABEL, LABEL, "any", "civil", Shape.PAGE,
            (PLACE.name, *NAMES), PARAMETERS, (PLACE.name,),
        )  # fmt: skip
        key = Parameter(PLACE.name, PLACE.name, "eq", True)
        look = replace(page, id=f"any_key_{number}", shape=Shape.LOOKUP, parameters=(key,))
        self.page, self.lookup = page, look
        self.grants: list[Grant] = []
        for interface in (page, look):
            gateway.home.serve(interface, CONTRACT, case.table)
            self.grants += [self._grant(interface, at) for at in range(len(case.grants))]
        gateway.home.publish(*[Change("grant", g.id, grant_to_json(g)) for g in self.grants])

    def _grant(self, interface: Interface, at: int) -> Grant:
        masks, row_filter, columns, _ = self.case.grants[at]
        return Grant(
            f"{interface.id}-{at}", CLIENT, "dept", interface.id, f"purpose {at}", "basis", columns,
            tuple(masks.items()), row_filter, self.gateway.home.order(interface, client="").quota,
            1_000_000, 0.0, FOREVER,
        )  # fmt: skip

    def leave(self) -> None:
        """Take grants and interfaces away."""
        self.gateway.home.publish(*[Change("grant", grant.id, None) for grant in self.grants])
        ids = (self.page.id, self.lookup.id)
        self.gateway.home.publish(*[Change("interface", id_, None) for id_ in ids])

    def check(self) -> None:
        """Make every call and compare."""
        for at, (masks, _, columns, calls) in enumerate(self.case.grants):
            token = self._token(at)
            kinds = {name: _kind(name, masks) for name in columns}
            for asked in calls:
                self._check_page(at, asked, token, kinds)
            self._check_lookups(at, token, kinds)
            self._check_walk(at, token)

    def _token(self, at: int) -> str:
        key = token_key(self.gateway.home.settings.secret())
        return tokens.issue(key, client=CLIENT, purpose=f"purpose {at}", now=time.time())

    def _expected(self, interface: Interface, at: int, filters: list[Predicate]) -> list[Row]:
        masks, row_filter, columns, _ = self.case.grants[at]
        secret = self.gateway.home.settings.secret()
        key = pseudonym_key(secret, f"{interface.id}-{at}")
        everything = [PLACE.name, *NAMES]
        return evaluate(
            self.case.table,
            everything,
            columns,
            masks,
            row_filter,
            filters,
            [PLACE.name],
            None,
            key,
        )

    def _check_page(self, at: int, asked: Asked, token: str, kinds: dict[str, Kind]) -> None:
        given_: dict[str, Any] = {p.name: _spelt(cell) for p, cell in asked.given}
        limit = "all" if asked.limit is None else asked.limit
        path = query(f"/data/{self.page.id}", limit=limit, format=asked.format, **given_)
        filters = [_condition(p, cell) for p, cell in asked.given]
        expected = self._expected(self.page, at, filters)[: asked.limit]
        reply = self.gateway.ask(path, token=token)
        assert_equal(reply, asked.format, expected, kinds)

    def _check_lookups(self, at: int, token: str, kinds: dict[str, Kind]) -> None:
        for row in (*self.case.table[:2], {PLACE.name: 5}):
            place = row[PLACE.name]
            expected = self._expected(self.lookup, at, [Compare(PLACE.name, "eq", place)])  # type: ignore[arg-type]
            for more in ("", "&format=arrow"):
                path = f"/data/{self.lookup.id}?{PLACE.name}={place}{more}"
                reply = self.gateway.ask(path, token=token)
                assert_equal(reply, "arrow" if more else "json", expected, kinds)

    def _check_walk(self, at: int, token: str) -> None:
        """Two rows a page: every row once, in order, to the end."""
        expected, seen = self._expected(self.page, at, []), []
        cursor: dict[str, Any] = {}
        for _ in range(len(expected) // 2 + 2):
            told = self.gateway.ask(query(f"/data/{self.page.id}", limit=2, **cursor), token=token)
            seen += told.rows
            if told.json["next"] is None:
                break
            cursor = {"cursor": told.json["next"]}
        else:
            raise AssertionError("the pages do not end")
        assert seen == expected


@pytest.mark.campaign
@settings(
    max_examples=25 * EFFORT,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                           HealthCheck.data_too_large],
)  # fmt: skip
@given(case=cases())
def test_the_gateway_and_the_reference_agree(gateway: Gateway, case: Case) -> None:
    gateway.home.client(CLIENT)
    stage = Stage(gateway, case)
    try:
        stage.check()
    finally:
        stage.leave()

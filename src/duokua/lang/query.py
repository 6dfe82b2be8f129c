"""The query (查询): what a caller asks of one interface, as a typed tree and never as a language.

There is nothing in it but columns that were granted, operators of a short list and values; so it
can be compiled for any engine, and no text of a caller ever becomes part of a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from duokua.lang.contract import Column, Kind
from duokua.lang.predicate import (
    And,
    Compare,
    In,
    Not,
    Or,
    Predicate,
    predicate_to_json,
)

Fn = Literal["count", "sum", "min", "max", "avg"]
FNS: tuple[Fn, ...] = ("count", "sum", "min", "max", "avg")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")  # of a figure: also `n`, which is no column
NUMERIC = (Kind.INTEGER, Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One figure of each group; a ``count`` without a column counts rows."""

    fn: Fn
    column: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """One term of an order; a missing value sorts before all others."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query. ``limit`` ``None`` is every row that the grant allows."""

    select: tuple[str, ...]
    where: Predicate
    group: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    order: tuple[Order, ...]
    limit: int | None
    cursor: str | None = None

    @property
    def is_grouped(self) -> bool:
        """Whether it answers groups and not rows."""
        return bool(self.group or self.aggregates)


def answer_columns(query: Query, columns: dict[str, Column]) -> tuple[Column, ...]:
    """Return the columns of the answer; ``columns`` are those of the grant, as masked."""
    if not query.is_grouped:
        return tuple(columns[name] for name in query.select)
    groups = tuple(columns[name] for name in query.group)
    return (*groups, *(_figure(each, columns) for each in query.aggregates))


def _figure(aggregate: Aggregate, columns: dict[str, Column]) -> Column:
    source = columns[aggregate.column] if aggregate.column is not None else None
    if source is None or aggregate.fn == "count":
        title = source.title if source else next(iter(columns.values())).title
        return Column(aggregate.name, Kind.INTEGER, title, required=True)
    kind = Kind.NUMBER if aggregate.fn == "avg" else source.kind
    return Column(aggregate.name, kind, source.title, unit=source.unit)


def canonical_query(query: Query) -> dict[str, Any]:
    """Return what is asked as plain values: equal for any order and nesting of its conditions.

    The cursor is left out, and so is the limit: pages of one query belong together.
    """
    return {
        "select": list(query.select),
        "where": predicate_to_json(simplest(query.where)),
        "group": sorted(query.group),
        "aggregate": sorted([a.fn, a.column or "", a.name] for a in query.aggregates),
        "order": [[term.name, term.descending] for term in query.order],
    }


def simplest(predicate: Predicate) -> Predicate:
    """Return a predicate's normal form: flat, without repetitions, in one order."""
    match predicate:
        case And(parts) | Or(parts):
            return _flat(type(predicate), parts)
        case Not(part):
            simple = simplest(part)
            return simple.part if isinstance(simple, Not) else Not(simple)
        case In(column, values):
            known = tuple(sorted(set(values), key=repr))
            return Compare(column, "eq", known[0]) if len(known) == 1 else In(column, known)
        case _:
            return predicate


def _flat(kind: type[And] | type[Or], parts: tuple[Predicate, ...]) -> Predicate:
    found: dict[str, Predicate] = {}
    for part in parts:
        simple = simplest(part)
        inner = simple.parts if isinstance(simple, And | Or) and type(simple) is kind else (simple,)
        found |= {repr(each): each for each in inner}
    flat = tuple(found[told] for told in sorted(found))
    return flat[0] if len(flat) == 1 else kind(flat)

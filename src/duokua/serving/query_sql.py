"""A query (查询) as SQL: one text for both engines but for types and placeholders.

The granted columns are a subquery that masks them and leaves hidden rows out; what the caller asks
stands outside of it and sees nothing else. Names are those of the contract, values are bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from duokua.engine.duck import scan
from duokua.engine.index import SUBJECT
from duokua.lang.contract import Column, Kind
from duokua.lang.mask import mask_sql
from duokua.lang.predicate import Value, columns_of, predicate_sql
from duokua.lang.query import Aggregate, Order, Query, answer_columns
from duokua.serving.bulk import Statement, as_text, harmless
from duokua.serving.plan import Binds, Plan

Place = Sequence[Value | None]


class _Dialect(Protocol):
    """What differs between the engines."""

    def bind(self, value: Value, kind: Kind) -> str:
        """Take a value and return its placeholder."""

    def masked(self, plan: Plan, name: str) -> str:
        """Return the masked expression of a column."""

    def source(self, plan: Plan) -> str:
        """Return what the rows are read from."""

    def shown(self, column: Column, expression: str) -> str:
        """Return an expression in the form in which it is answered."""

    def figure(self, aggregate: Aggregate, column: Column | None) -> str:
        """Return the expression of an aggregate."""


@dataclass(slots=True)
class Sqlite:
    """Statements over the serving index; values stand in ``binds`` in their order."""

    binds: Binds

    def bind(self, value: Value, kind: Kind) -> str:
        """Take a value and return its placeholder."""
        return self.binds.add(value)

    def masked(self, plan: Plan, name: str) -> str:
        """Return the masked expression of a column."""
        expression = plan.expression(name)
        if ":mask_key" in expression:
            expression = expression.replace(":mask_key", self.binds.add(plan.pseudonym_key))
        return expression

    def source(self, plan: Plan) -> str:
        """Return the table of the index."""
        return "rows"

    def shown(self, column: Column, expression: str) -> str:
        """Return it as it is: the encoders do the rest."""
        return expression

    def figure(self, aggregate: Aggregate, column: Column | None) -> str:
        """Return the expression of an aggregate."""
        return _figure(aggregate)


@dataclass(slots=True)
class Duck:
    """Statements over the sorted copy; values stand in ``statement`` by name."""

    statement: Statement
    format: str

    def bind(self, value: Value, kind: Kind) -> str:
        """Take a value and return its placeholder."""
        return self.statement.bind(value, kind)

    def masked(self, plan: Plan, name: str) -> str:
        """Return the masked expression of a column."""
        expression = mask_sql(plan.masks.get(name), plan.served.contract.by_name[name], "duckdb")
        if "$mask_key" in expression:
            self.statement.values["mask_key"] = plan.pseudonym_key
        return expression

    def source(self, plan: Plan) -> str:
        """Return the sorted copy."""
        assert plan.served.manifest is not None  # noqa: S101 - there is data, see Seat
        return f"{scan([plan.served.folder / plan.served.manifest.export])} as source"

    def shown(self, column: Column, expression: str) -> str:
        """Return days and instants as text where the format has none, formulas made harmless."""
        if self.format in ("json", "csv"):
            expression = as_text(column, expression)
        if self.format == "csv" and column.kind is Kind.STRING:
            expression = harmless(expression)
        return expression

    def figure(self, aggregate: Aggregate, column: Column | None) -> str:
        """Return the expression of an aggregate; a sum beyond 64 bits is missing."""
        told = _figure(aggregate)
        is_whole = column is not None and column.kind is Kind.INTEGER
        return f"try_cast({told} as bigint)" if aggregate.fn == "sum" and is_whole else told


def _figure(aggregate: Aggregate) -> str:
    return f"{aggregate.fn}({outer(aggregate.column) if aggregate.column else '*'})"


def granted_columns(plan: Plan) -> dict[str, Column]:
    """Return the columns that a query may name, as masked under this grant."""
    return {column.name: column for column in plan.columns}


def full_order(plan: Plan, query: Query) -> tuple[Order, ...]:
    """Return the order that is asked for, completed so that no two rows are equal in it."""
    if query.is_grouped:
        rest = query.group
    else:
        rest = plan.served.contract.key if query.order else plan.served.interface.order
    named = {term.name for term in query.order}
    return (*query.order, *(Order(name) for name in rest if name not in named))


def page_sql(
    plan: Plan, query: Query, after: Place | None, limit: int
) -> tuple[str, tuple[Value, ...]]:
    """Return the SQLite statement of rows: what is selected, the place in the order, the subject."""
    dialect, order = Sqlite(Binds(first=1)), full_order(plan, query)
    shown = [outer(name) for name in query.select]
    places = [outer(term.name) for term in order]
    sql = _rows(plan, query, after, dialect, [*shown, *places, _quoted(SUBJECT)], SUBJECT)
    sql += f" order by {order_sql(order)} limit {int(limit)}"
    return sql, tuple(dialect.binds.values)


def page_statement(
    plan: Plan, query: Query, after: Place | None, limit: int, format_: str
) -> Statement:
    """Return the DuckDB statement of the same rows, as the worker takes it."""
    dialect, order = Duck(Statement(), format_), full_order(plan, query)
    columns = granted_columns(plan)
    shown = [
        f"{dialect.shown(columns[name], outer(name))} as {_quoted(name)}" for name in query.select
    ]
    places = [
        f'{as_text(columns[term.name], outer(term.name))} as "_order{at}"'
        for at, term in enumerate(order)
    ]
    subject = f'unhex({_quoted(SUBJECT)}) as "{SUBJECT}"'
    sql = _rows(plan, query, after, dialect, [*shown, *places, subject], SUBJECT)
    if query.order:  # else it is the order of the copy, which the engine keeps
        sql += f" order by {order_sql(order)}"
    dialect.statement.sql = f"{sql} limit {int(limit)}"
    return dialect.statement


def groups_sql(plan: Plan, query: Query, limit: int) -> tuple[str, tuple[Value, ...]]:
    """Return the SQLite statement of groups; sums and means are left to DuckDB."""
    dialect = Sqlite(Binds(first=1))
    return _groups(plan, query, limit, dialect, []), tuple(dialect.binds.values)


def groups_statement(plan: Plan, query: Query, limit: int, format_: str) -> Statement:
    """Return the DuckDB statement of groups, as the worker takes it: without subjects."""
    dialect = Duck(Statement(), format_)
    nobody = [f'cast(null as blob) as "{SUBJECT}"']
    dialect.statement.sql = _groups(plan, query, limit, dialect, nobody)
    return dialect.statement


def _groups(plan: Plan, query: Query, limit: int, dialect: _Dialect, more: list[str]) -> str:
    columns = granted_columns(plan)
    figures = {
        each.name: dialect.figure(each, columns[each.column] if each.column else None)
        for each in query.aggregates
    }
    expressions = {name: outer(name) for name in query.group} | figures
    shown = [
        f"{dialect.shown(column, expressions[column.name])} as {_quoted(column.name)}"
        for column in answer_columns(query, columns)
    ]
    sql = _rows(plan, query, None, dialect, [*shown, *more], None)
    if query.group:
        sql += f" group by {', '.join(expressions[name] for name in query.group)}"
    order = full_order(plan, query)
    if order:
        sql += f" order by {order_sql(order, expressions)}"
    return f"{sql} limit {int(limit)}"


def _rows(
    plan: Plan,
    query: Query,
    after: Place | None,
    dialect: _Dialect,
    shown: list[str],
    subject: str | None,
) -> str:
    """Return the statement up to its conditions."""
    columns = granted_columns(plan)
    where = [predicate_sql(query.where, columns, dialect.bind, outer)]
    if after is not None:
        where.append(_after(plan, query, after, dialect))
    used = _used(plan, query)
    inner = [f"{dialect.masked(plan, name)} as {_quoted(name)}" for name in used]
    if subject is not None:
        inner.append(_quoted(subject))
    if not inner:
        inner = ["1 as one"]
    row_filter = plan.grant.row_filter
    visible = "true"
    if row_filter is not None:
        visible = predicate_sql(row_filter, plan.visible, dialect.bind)
    return (
        f"select {', '.join(shown)} from (select {', '.join(inner)} from {dialect.source(plan)} "  # noqa: S608
        f"where {visible}) as source_ where {' and '.join(where)}"
    )


def _used(plan: Plan, query: Query) -> list[str]:
    named = {*query.select, *query.group, *columns_of(query.where)}
    named |= {each.column for each in query.aggregates if each.column is not None}
    if not query.is_grouped:
        named |= {term.name for term in full_order(plan, query)}
    return [name for name in plan.names if name in named]


def order_sql(order: Sequence[Order], expressions: dict[str, str] | None = None) -> str:
    """Return the terms of an order; a missing value is before all others."""
    terms = []
    for term in order:
        told = (expressions or {}).get(term.name) or outer(term.name)
        terms.append(f"{told} {'desc nulls last' if term.descending else 'asc nulls first'}")
    return ", ".join(terms)


def _after(plan: Plan, query: Query, after: Place, dialect: _Dialect) -> str:
    """Return the condition of the rows behind a place; a missing value is before all others."""
    columns, order, condition = granted_columns(plan), full_order(plan, query), "false"
    if not query.order:  # ascending, and nothing is missing: an index finds the place
        values = [
            dialect.bind(value, columns[term.name].kind)
            for term, value in zip(order, after, strict=True)
            if value is not None
        ]
        names = ", ".join(outer(term.name) for term in order)
        return f"({names}) > ({', '.join(values)})"
    for term, value in reversed(list(zip(order, after, strict=True))):
        name = outer(term.name)
        if value is None:
            same, beyond = f"{name} is null", "false" if term.descending else f"{name} is not null"
        else:
            place = dialect.bind(value, columns[term.name].kind)
            same = f"{name} = {place}"
            beyond = (
                f"({name} < {place} or {name} is null)" if term.descending else f"{name} > {place}"
            )
        condition = f"({beyond} or ({same} and {condition}))"
    return condition


def _quoted(name: str) -> str:
    return f'"{name}"'


def outer(name: str) -> str:
    """Return a masked column, which an answer's column of the same name must not stand for."""
    return f"source_.{_quoted(name)}"


def fits_sqlite(query: Query) -> bool:
    """Tell whether both engines give the same to the last bit: sums and means need not."""
    return not any(each.fn in ("sum", "avg") for each in query.aggregates)

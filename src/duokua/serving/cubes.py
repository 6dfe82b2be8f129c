"""Answering aggregate interfaces (聚合统计): groups of a cube's shown cells, and nothing else.

By ``GET`` with ``group=`` and dimensions as parameters, or by a JSON query; both are the same
question and answered from the same cells. What is left out of the cells is left out of every sum
of them, so no two answers can be subtracted to find it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from duokua.engine.index import SUBJECT
from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Contract
from duokua.lang.cube import ROWS, Cube, Measure, is_protected, measure_column, number_of, total_of
from duokua.lang.interface import DEFAULT_LIMIT
from duokua.lang.predicate import And, Compare, Predicate, Value, predicate_sql
from duokua.lang.query import Aggregate, Query, canonical_query, simplest
from duokua.lang.query_json import Json, parse_body, read_query
from duokua.serving import query_sql
from duokua.serving.answers import Answer, Asked, Bulk, Small, Stream
from duokua.serving.budget import Budgets
from duokua.serving.bulk import Statement
from duokua.serving.parameters import chosen_format, given_values, text_fields, wanted_limit
from duokua.serving.plan import Binds, Plan, TooSlow
from duokua.serving.problems import Refusal
from duokua.serving.querying import query_format, typed
from duokua.serving.seat import Seat
from duokua.serving.sender import Sender

_DECIMALS = 6  # of sums: the order in which cells are added must not show
Row = tuple[Value | None, ...]


class Cubes:
    """Answers the questions to cubes."""

    def __init__(self, serving: Sender, budgets: Budgets) -> None:
        self._serving = serving
        self._budgets = budgets

    def get(self, seat: Seat, query_string: str, accept: str | None, now: float) -> Answer | Stream:
        """Answer a question that stands in the query string.

        :raises Refusal: it is wrong; quota, budget, overload.
        """
        query, format_ = question(seat.plan, query_string, accept)
        return self._answer(seat, query, format_, now)

    def post(
        self, seat: Seat, body: bytes, query_string: str, accept: str | None, now: float
    ) -> Answer | Stream:
        """Answer a question that stands in the body, as a JSON query.

        :raises Refusal: it is wrong or asks for more than the cube; quota, budget, overload.
        """
        self._serving.admit()
        faults, plan = Faults(), seat.plan
        format_ = query_format(query_string, accept, faults)
        value = parse_body(body, faults)
        query = None if value is None else _read(value, plan, faults)
        if query is not None and query.limit is None:
            faults.add("/limit", "聚合统计没有 limit=all", "groups take no limit of all",
                       "请填 1 至 10000", "give 1 to 10000")  # fmt: skip
        if faults.found or query is None:
            raise Refusal("parameters_invalid", faults=tuple(faults.found))
        return self._answer(seat, query, format_, now)

    def _answer(self, seat: Seat, query: Query, format_: str, now: float) -> Answer | Stream:
        plan, serving = seat.plan, self._serving
        query = replace(query, where=simplest(query.where))
        told = orjson.dumps(canonical_query(query)).decode()
        reserved = seat.meter.take(now, query.limit or DEFAULT_LIMIT)
        try:
            if not seat.probe:
                self._charge(plan, query)
            rows = figures_of(plan, query, reserved)
        except TooSlow:
            rows = None  # many cells under many conditions: the worker takes it over
        except BaseException:
            seat.meter.refund(reserved)
            raise
        columns, asked = cube_columns(plan, query), Asked(format_, serving.hashes.of(told), now)
        if rows is None:
            made = _statement(plan, query, reserved, format_)
            bulk = Bulk(made, [column.name for column in columns], 0, False)
            return serving.send_bulk(seat, bulk, asked, reserved)
        seat.meter.settle(reserved - len(rows))
        return serving.send_small(seat, Small(columns, rows), asked)

    def _charge(self, plan: Plan, query: Query) -> None:
        """Charge a question by what it tells: neither its order nor its names make another one."""
        if not is_protected(plan.served.contract):
            return
        assert plan.served.manifest is not None  # noqa: S101 - there is data, see Seat
        told = canonical_query(query)
        figures = sorted({(fn, column) for fn, column, _ in told["aggregate"]})
        question = orjson.dumps([told["group"], figures, told["where"]]).decode()
        version = plan.served.manifest.version
        hashed = self._serving.hashes.of(question)
        self._budgets.spend(plan.grant.id, version, hashed, _cube(plan).budget)


def question(plan: Plan, query_string: str, accept: str | None) -> tuple[Query, str]:
    """Read a question that stands in the query string; return it with the answer's format.

    :raises Refusal: it is wrong, or ``not_acceptable``.
    """
    faults = Faults("/")
    fields = text_fields(query_string, faults)
    format_ = chosen_format(fields.pop("format", None), accept)
    limit = wanted_limit(fields.pop("limit", None), "json", faults)
    group = _group(fields.pop("group", None), plan, faults)
    conditions: list[Predicate] = [
        Compare(parameter.column, "eq", value)
        for parameter, value in given_values(plan, fields, faults, ("group",))
    ]
    if faults.found:
        raise Refusal("parameters_invalid", faults=tuple(faults.found))
    figures = tuple(Aggregate(m.fn, m.column, m.name) for m in _cube(plan).measures)
    return Query((), And(tuple(conditions)), group, figures, (), limit), format_


def _cube(plan: Plan) -> Cube:
    cube = plan.served.interface.cube
    assert cube is not None  # noqa: S101 - of shape aggregate
    return cube


def _group(told: str | None, plan: Plan, faults: Faults) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for name in (told or "").split(",") if name))
    for name in names:
        if name not in plan.names:
            allowed = ", ".join(plan.names)
            faults.add("group", f"没有维度 {name[:80]}", f"there is no dimension {name[:80]}",
                       f"可用维度：{allowed}", f"use {allowed}, with commas between")  # fmt: skip
    return names


def _read(value: Json, plan: Plan, faults: Faults) -> Query | None:
    """Read a JSON query whose figures are those of the cube; without any, all of them."""
    cube, contract = _cube(plan), plan.served.contract
    known = {(m.fn, m.column): m for m in cube.measures}
    items = value.get("aggregate")
    if not items and isinstance(items, list | None):
        items = [{"fn": m.fn, "field": m.column, "as": m.name} for m in cube.measures]
    wrong = False
    if isinstance(items, list):
        items = [_named(item, known) for item in items]
        for at, item in enumerate(items):
            if not _is_known(item, known):
                wrong = True
                names = ", ".join(f"{m.fn}({m.column or '*'})" for m in cube.measures)
                faults.add(f"/aggregate/{at}", "立方体没有该度量", "the cube has no such figure",
                           f"可用度量：{names}", f"use {names}")  # fmt: skip
    if wrong:
        return None
    dimensions = query_sql.granted_columns(plan)
    sources = {m.column: contract.by_name[m.column] for m in cube.measures if m.column}
    return read_query(
        {**value, "aggregate": items},
        {**sources, **dimensions},
        frozenset(dimensions),
        faults,
        frozenset(sources),
    )


def _named(item: object, known: dict[tuple[Any, Any], Measure]) -> object:
    """Give a figure the name that the cube has for it, unless the caller gives one."""
    if _is_known(item, known) and isinstance(item, dict) and "as" not in item:
        return {**item, "as": known[item["fn"], item.get("field")].name}
    return item


def _is_known(item: object, known: dict[tuple[Any, Any], Measure]) -> bool:
    if not isinstance(item, dict):
        return False
    fn, field = item.get("fn"), item.get("field")
    return isinstance(fn, str) and isinstance(field, str | None) and (fn, field) in known


def cube_columns(plan: Plan, query: Query) -> tuple[Column, ...]:
    """Return the columns of an answer: the groups, then the figures under their asked names."""
    dimensions = query_sql.granted_columns(plan)
    groups = [dimensions[name] for name in query.group]
    return (*groups, *(_figure_column(each, plan.served.contract) for each in query.aggregates))


def _figure_column(aggregate: Aggregate, contract: Contract) -> Column:
    """Return a figure's column: a count is an integer, a sum or mean a number."""
    is_count = aggregate.fn == "count"
    measure = Measure(aggregate.name, "count" if is_count else "sum", aggregate.column)
    return measure_column(measure, contract)


def figures_of(plan: Plan, query: Query, limit: int) -> list[Row]:
    """Compute an answer from the index.

    :raises TooSlow: it would hold up everybody else.
    """
    assert plan.served.pages is not None  # noqa: S101 - there is data, see Seat
    dialect = query_sql.Sqlite(Binds(first=1))
    sql = _sql(plan, query, limit, dialect, "")
    rows = plan.served.pages.fetch(sql, tuple(dialect.binds.values))
    return typed(cube_columns(plan, query), rows)


def _statement(plan: Plan, query: Query, limit: int, format_: str) -> Statement:
    """Return the same for the worker; sums are rounded, so it answers the same."""
    dialect = query_sql.Duck(Statement(), format_)
    nobody = f', cast(null as blob) as "{SUBJECT}"'
    dialect.statement.sql = _sql(plan, query, limit, dialect, nobody)
    return dialect.statement


def _sql(
    plan: Plan, query: Query, limit: int, dialect: query_sql.Sqlite | query_sql.Duck, more: str
) -> str:
    """Return the statement of the groups; a group of no shown cell is no row."""
    cube, outer = _cube(plan), query_sql.outer
    figures = {each.name: _figure(each, cube) for each in query.aggregates}
    expressions = {name: outer(name) for name in query.group} | figures
    shown = ", ".join(
        f'{dialect.shown(column, expressions[column.name])} as "{column.name}"'
        for column in cube_columns(plan, query)
    )
    conditions = [predicate_sql(query.where, plan.visible, dialect.bind, outer)]
    if plan.grant.row_filter is not None:
        conditions.append(predicate_sql(plan.grant.row_filter, plan.visible, dialect.bind, outer))
    source = f"(select * from {dialect.source(plan)}) as source_"  # noqa: S608
    sql = f"select {shown}{more} from {source} where {' and '.join(conditions)}"  # noqa: S608
    if query.group:
        sql += f" group by {', '.join(expressions[name] for name in query.group)}"
    sql += f" having sum({outer(ROWS)}) > 0"
    order = query_sql.full_order(plan, query)
    if order:
        sql += f" order by {query_sql.order_sql(order, expressions)}"
    return f"{sql} limit {int(limit)}"


def _figure(aggregate: Aggregate, cube: Cube) -> str:
    if aggregate.fn == "count":
        return f"cast(sum({query_sql.outer(ROWS)}) as bigint)"
    wanted = (aggregate.fn, aggregate.column)
    measure = next(m for m in cube.measures if (m.fn, m.column) == wanted)
    total = f"sum({query_sql.outer(total_of(measure))})"
    if aggregate.fn == "avg":
        total += f" / sum({query_sql.outer(number_of(measure))})"
    return f"round({total}, {_DECIMALS})"

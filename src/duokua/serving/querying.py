"""Answering JSON queries (组合查询): read → quota → one statement → receipt, as for any call.

Over data about people groups and sums are refused here: those are told by a cube only, see
:mod:`duokua.serving.cubes`.
"""

from __future__ import annotations

from typing import Any

import orjson

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Kind
from duokua.lang.cube import is_protected
from duokua.lang.interface import Shape
from duokua.lang.predicate import Value
from duokua.lang.query import Query, answer_columns, canonical_query
from duokua.lang.query_json import parse_body, read_query
from duokua.serving import query_sql
from duokua.serving.answers import Answer, Asked, Bulk, Small, Stream
from duokua.serving.parameters import chosen_format, text_fields
from duokua.serving.plan import Plan, TooSlow
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.sender import Sender

SMALL = 1000  # rows of an answer whose opening receipt carries rows and subjects
Row = tuple[Value | None, ...]


class Queries:
    """Answers the JSON queries of pages."""

    def __init__(self, serving: Sender) -> None:
        self._serving = serving

    def answer(
        self, seat: Seat, body: bytes, query_string: str, accept: str | None, now: float
    ) -> Answer | Stream:
        """Answer the query in ``body``.

        :raises Refusal: it is wrong or not offered here; quota, overload.
        """
        self._serving.admit()
        plan = seat.plan
        if plan.served.interface.shape is not Shape.PAGE or plan.served.interface.query == ():
            raise Refusal("query_not_offered", link=f"/data/{plan.served.interface.id}")
        query, format_ = self._read(plan, body, query_string, accept)
        told = orjson.dumps(canonical_query(query))
        context = orjson.dumps([plan.grant.id, plan.served.interface.id, told.decode()])
        asked = Asked(format_, self._serving.hashes.of(told.decode()), now, context)
        if query.is_grouped:
            return self._groups(seat, query, asked)
        return self._rows(seat, query, asked)

    def _read(
        self, plan: Plan, body: bytes, query_string: str, accept: str | None
    ) -> tuple[Query, str]:
        faults, columns = Faults(), query_sql.granted_columns(plan)
        format_ = query_format(query_string, accept, faults)
        told = plan.served.interface.query
        usable = frozenset(columns if told is None else (n for n in told if n in columns))
        value = parse_body(body, faults)
        query = None if value is None else read_query(value, columns, usable, faults)
        if query is not None:
            check_limit(query, format_, faults)
        if faults.found or query is None:
            raise Refusal("parameters_invalid", faults=tuple(faults.found))
        if query.is_grouped and is_protected(plan.served.contract):
            raise Refusal("cube_only", link=f"/store/datasets/{plan.served.contract.id}/")
        return query, format_

    def _rows(self, seat: Seat, query: Query, asked: Asked) -> Answer | Stream:
        after = None
        if query.cursor is not None:
            after = self._serving.cursors.open(query.cursor, asked.context)
        if query.limit is not None and query.limit <= SMALL:
            try:
                return self._page(seat, query, after, asked)
            except TooSlow:
                pass
        plan = seat.plan
        reserved = seat.meter.take(asked.now, query.limit or plan.grant.row_cap)
        whole = query.limit is None
        most = reserved if whole else reserved + 1
        made = query_sql.page_statement(plan, query, after, most, asked.format)
        order = len(query_sql.full_order(plan, query))
        bulk = Bulk(made, query.select, order, whole)
        return self._serving.send_bulk(seat, bulk, asked, reserved)

    def _page(
        self, seat: Seat, query: Query, after: tuple[Value, ...] | None, asked: Asked
    ) -> Answer:
        limit = seat.meter.take(asked.now, query.limit or SMALL)
        try:
            rows = _fetch(seat.plan, query_sql.page_sql(seat.plan, query, after, limit + 1))
        except BaseException:
            seat.meter.refund(limit)
            raise
        more = len(rows) > limit
        del rows[limit:]
        seat.meter.settle(limit - len(rows))
        columns = answer_columns(query, query_sql.granted_columns(seat.plan))
        width = len(columns)
        subjects = list(dict.fromkeys(str(row[-1]) for row in rows if row[-1] is not None))
        next_ = self._serving.cursors.seal(rows[-1][width:-1], asked.context) if more else None
        shown = typed(columns, [row[:width] for row in rows])
        return self._serving.send_small(seat, Small(columns, shown, subjects, next_), asked)

    def _groups(self, seat: Seat, query: Query, asked: Asked) -> Answer | Stream:
        plan, limit = seat.plan, query.limit
        columns = answer_columns(query, query_sql.granted_columns(plan))
        reserved = seat.meter.take(asked.now, limit or plan.grant.row_cap)
        if query_sql.fits_sqlite(query) and limit is not None and limit <= SMALL:
            try:
                rows = _fetch(plan, query_sql.groups_sql(plan, query, reserved))
            except TooSlow:
                pass
            except BaseException:
                seat.meter.refund(reserved)
                raise
            else:
                seat.meter.settle(reserved - len(rows))
                small = Small(columns, typed(columns, rows))
                return self._serving.send_small(seat, small, asked)
        made = query_sql.groups_statement(plan, query, reserved, asked.format)
        bulk = Bulk(made, [column.name for column in columns], 0, limit is None)
        return self._serving.send_bulk(seat, bulk, asked, reserved)


def query_format(query_string: str, accept: str | None, faults: Faults) -> str:
    """Return the format that a query is answered in; the query string holds nothing else.

    :raises Refusal: ``not_acceptable``.
    """
    fields = text_fields(query_string, faults)
    format_ = chosen_format(fields.pop("format", None), accept)
    for name in fields:
        faults.add(f"/{name}", f"查询串中没有 {name}", f"there is no {name} in the query string",
                   "请将查询写入正文，查询串中只有 format",
                   "put the query into the body; only format stands in the query string")  # fmt: skip
    return format_


def check_limit(query: Query, format_: str, faults: Faults) -> None:
    """Note what does not go with ``limit: all``."""
    if query.limit is None and (format_ == "json" or query.cursor is not None):
        faults.add("/limit", "limit=all 仅支持 csv、arrow、parquet 且不带游标",
                   "limit=all needs csv, arrow or parquet, and takes no cursor",
                   "请更换格式或分页", "use one of those, or pages")  # fmt: skip


def _fetch(plan: Plan, made: tuple[str, tuple[Value, ...]]) -> list[Row]:
    assert plan.served.pages is not None  # noqa: S101 - there is data, see Seat
    return plan.served.pages.fetch(*made)


def typed(columns: tuple[Column, ...], rows: list[Row]) -> list[Row]:
    """Give SQLite's 0 and 1 back their truth."""
    flags = [at for at, column in enumerate(columns) if column.kind is Kind.BOOLEAN]
    if not flags:
        return rows
    found: list[Row] = []
    for row in rows:
        values: list[Any] = list(row)
        for at in flags:
            values[at] = None if values[at] is None else bool(values[at])
        found.append(tuple(values))
    return found

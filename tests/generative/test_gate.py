"""What the gate writes anew means what was written: texts, operators and their order, clauses."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from duokua.engine.duck import DuckConnection, open_duck
from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.gate import admit

EFFORT = int(os.environ.get("EFFORT", "1"))
COLUMNS = {
    "a": Kind.INTEGER, "b": Kind.INTEGER, "x": Kind.NUMBER, "y": Kind.NUMBER, "s": Kind.STRING,
    "r": Kind.STRING, "p": Kind.BOOLEAN, "q": Kind.BOOLEAN, "d": Kind.DATE, "t": Kind.TIMESTAMP,
}  # fmt: skip
_ROWS = """
select * from (values
    (1, 2, 0.5, -3.0, 'ab', 'b', true, false, date '2026-05-06', timestamptz '2026-05-06 07:30:00+00'),
    (-4, 3, 2.0, 8.5, '100%', '_a', false, null, date '2024-02-29', timestamptz '2026-01-01 00:00:00+00'),
    (0, 7, -1.25, 0.0, '', 'ab', null, true, null, timestamptz '2025-12-31 23:59:59+00'),
    (null, -1, null, 4.0, null, 'x', true, true, date '2026-12-31', null)
) as v(a, b, x, y, s, r, p, q, d, t)
"""
_SETTINGS = settings(
    max_examples=60 * EFFORT, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckConnection]:
    """An engine with a few rows, nulls among them."""
    opened = open_duck(threads=1, alone=True)
    opened.execute(f"create table one as {_ROWS}")
    yield opened
    opened.close()


def written(sql: str) -> str | None:
    """What the gate would run."""
    found = admit(sql, tables={"one": COLUMNS}, parameters=(), place=str, faults=Faults())
    return found.query if found else None


def answer(duck: DuckConnection, sql: str) -> list[Any] | None:
    """The rows, or nothing when the engine does not take it."""
    try:
        rows = duck.execute(sql).fetchall()
    except duckdb.Error:
        return None
    return sorted(repr([_plain(each) for each in row]) for row in rows)


def _plain(value: Any) -> Any:
    return "nan" if isinstance(value, float) and math.isnan(value) else value


_LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Co", "Cs", "Cn",
                                                                   "Zl", "Zp")), max_size=12)  # fmt: skip
_TRAPS = st.text("'\\\"%_-/*;$\n\t(){}[]eExX\u00e9中 ", max_size=12)


@_SETTINGS
@given(_LETTERS | _TRAPS)
@example("\\")
@example("'")
@example("\\'; drop table one --")
@example("$$")
@example("/*")
def test_a_text_stays_the_same_text(duck: DuckConnection, text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    query = written(f"select {literal} as c")
    assert query is not None
    assert duck.execute(query).fetchall() == [(text,)]


_NUMBERS = st.deferred(
    lambda: st.sampled_from(["a", "b", "x", "y", "1", "2", "0.5", "-3", "length(s)", "null"])
    | st.tuples(_NUMBERS, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "^", "&", "|"]),
                _NUMBERS).map(" ".join)
    | _NUMBERS.map(lambda each: f"({each})") | _NUMBERS.map(lambda each: f"- {each}")
    | st.tuples(st.sampled_from(["abs", "round", "ceil", "sign", "coalesce"]), _NUMBERS).map(
        lambda each: f"{each[0]}({each[1]})")
    | st.tuples(_TRUTHS, _NUMBERS, _NUMBERS).map(
        lambda each: f"case when {each[0]} then {each[1]} else {each[2]} end")
    | _NUMBERS.map(lambda each: f"{each}::integer") | _NUMBERS.map(lambda each: f"cast({each} as double)")
)  # fmt: skip
_TEXTS = st.deferred(
    lambda: st.sampled_from(["s", "r", "'ab'", "''", "'%'", "null"])
    | st.tuples(_TEXTS, _TEXTS).map(" || ".join)
    | st.tuples(st.sampled_from(["upper", "trim", "reverse"]), _TEXTS).map(
        lambda each: f"{each[0]}({each[1]})")
    | _NUMBERS.map(lambda each: f"({each})::varchar")
)  # fmt: skip
_TRUTHS = st.deferred(
    lambda: st.sampled_from(["p", "q", "true", "null"])
    | st.tuples(_NUMBERS, st.sampled_from(["=", "<>", "<", ">=", "!=", "is distinct from"]),
                _NUMBERS).map(" ".join)
    | st.tuples(_TRUTHS, st.sampled_from(["and", "or"]), _TRUTHS).map(" ".join)
    | _TRUTHS.map(lambda each: f"not {each}") | _TRUTHS.map(lambda each: f"({each})")
    | st.tuples(_TEXTS, st.sampled_from(["like", "not like", "ilike", "=", "<"]), _TEXTS).map(" ".join)
    | st.tuples(_NUMBERS, _NUMBERS, _NUMBERS).map(lambda e: f"{e[0]} between {e[1]} and {e[2]}")
    | st.tuples(_NUMBERS, _NUMBERS).map(lambda each: f"{each[0]} not in ({each[1]}, 1)")
    | st.tuples(st.sampled_from(["s", "a", "d", "(a + b)"]), st.sampled_from(["null", "not null"])).map(
        " is ".join)
    | _TRUTHS.map(lambda each: f"({each}) is not true")
)  # fmt: skip
_TIMES = st.sampled_from([
    "d + 3", "d - 3", "d - date '2026-01-01'", "t - interval 90 minute", "t + interval '1 day 2 hours'",
    "date_trunc('month', t)", "date_diff('day', t, timestamptz '2026-05-07 00:00:00+00')",
    "extract(epoch from t)", "t at time zone 'Asia/Shanghai'", "cast(t as date)", "d::timestamp",
    "strftime(d, '%Y-%m')", "time_bucket(interval 15 minute, t)", "last_day(d)", "isodow(d)",
    "d + interval 1 month", "interval 2 hour * 3", "t - t", "make_date(2026, 1, 31) + interval 1 month",
    "date_part('hour', t)", "datediff('hour', t, t)", "date_add(d, interval 2 week)", "week(d)",
    "to_days(3) + d", "age(t, timestamptz '2020-01-01 00:00:00+00')", 
    "d between '2024-01-01' and '2026-06-01'",
    "greatest(d, date '2026-01-01')", "date_sub('month', d, date '2026-12-30')", "dayofyear(d)",
])  # fmt: skip


@_SETTINGS
@given(_NUMBERS | _TRUTHS | _TEXTS | _TIMES)
@example("- a ** 2")
@example("a - b - 1")
@example("not a = b")
@example("a / b * 2")
@example("2 ** 3 ** 2")
@example("a || b + 1")
@example("not p and q")
@example("a between 1 and 2 and p")
@example("-3 % 2")
@example("- 7 // 2")
def test_a_value_stays_the_same_value(duck: DuckConnection, value: str) -> None:
    sql = f"select {value} as c from one"
    query = written(sql)
    assume(query is not None)
    asked = answer(duck, sql)
    assume(asked is not None)
    assert query is not None
    assert answer(duck, query) == asked, query


_CLAUSES = st.fixed_dictionaries({
    "where": st.none() | _TRUTHS, "group": st.booleans(), "having": st.none() | st.just("count(*) > 0"),
    "order": st.none() | st.sampled_from(["1", "1 desc", "1 nulls first", "1 desc nulls last, 2"]),
    "limit": st.none() | st.sampled_from(["2", "1 offset 1"]),
    "distinct": st.booleans(),
    "union": st.none() | st.sampled_from(["union", "union all", "except", "intersect"]),
    "wrap": st.sampled_from(["{}", "select * from ({}) as w", "with w as ({}) select * from w",
                             "with w as materialized ({}) select w.* from w",
                             "select * from ({}) qualify row_number() over (order by k, v) <= 3",
                             "select k, sum(v) over (partition by k order by v rows 1 preceding) as v"
                             " from ({})",
                             "select a.k, b.v from ({}) a left join ({}) b"
                             " on a.k = b.k and a.v is not distinct from b.v",
                             "select k, v from ({}) where exists (select 1 from one where one.a = v)"]),
})  # fmt: skip


@_SETTINGS
@given(_CLAUSES, _NUMBERS)
def test_a_query_stays_the_same_query(
    duck: DuckConnection, told: dict[str, Any], value: str
) -> None:
    sql = query_of(told, value)
    query = written(sql)
    assume(query is not None)
    asked = answer(duck, sql)
    assume(asked is not None)
    assert query is not None
    anew = answer(duck, query)
    assert anew is not None
    if told["limit"] is None:  # else which rows are cut off is the engine's choice
        assert anew == asked, (sql, query)


def query_of(told: dict[str, Any], value: str) -> str:
    """The text of a query of these clauses."""
    chosen = f"sum({value})" if told["group"] else value
    parts = [f"select {'distinct ' if told['distinct'] else ''}r as k, {chosen} as v from one"]
    if told["where"]:
        parts.append(f"where {told['where']}")
    if told["group"]:
        parts.append("group by r" + (f" having {told['having']}" if told["having"] else ""))
    if told["union"]:
        parts.append(f"{told['union']} select r, a from one")
    if told["order"]:
        parts.append(f"order by {told['order']}")
    if told["limit"]:
        parts.append(f"limit {told['limit']}")
    return str(told["wrap"]).replace("{}", " ".join(parts))

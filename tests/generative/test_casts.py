"""Values as people write them: every spelling of a value is that value, and reasons stay in step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine.casts import TEXT, reason_sql, value_sql, violations
from duokua.engine.duck import DuckConnection, open_duck
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind

EFFORT = int(os.environ.get("EFFORT", "1"))
TITLE = Text("t", "t")
COLUMNS = {kind: Column("c", kind, TITLE) for kind in Kind}
COLUMNS[Kind.TIMESTAMP] = Column("c", Kind.TIMESTAMP, TITLE, zone="UTC")
WIDE = {at: at + 0xFEE0 for at in range(0x21, 0x7F)} | {0x20: 0x3000}
MARKS = "0123456789０５９+-－.．,，/:：年月日时点分秒 TZ\u3000\u00a0eE元%是否true_#N/A"
wide = st.booleans()
blanks = st.text(" \t\u3000\u00a0", max_size=2)


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckConnection]:
    connection = open_duck(threads=1)
    yield connection
    connection.close()


def typed(duck: DuckConnection, kind: Kind, text: str) -> Any:
    """Return the typed value; a misfit raises."""
    value = value_sql(COLUMNS[kind], TEXT)
    return duck.execute(f'select {value} from (select $v as "c")', {"v": text}).fetchall()[0][0]


def spelt(text: str, before: str, after: str, make_wide: bool) -> str:
    return before + (text.translate(WIDE) if make_wide else text) + after


@settings(max_examples=100 * EFFORT, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), blanks, blanks, wide)
def test_whole_numbers(duck: DuckConnection, number: int, a: str, b: str, w: bool) -> None:
    for text in (str(number), f"{number:,}"):
        assert typed(duck, Kind.INTEGER, spelt(text, a, b, w)) == number


@settings(max_examples=100 * EFFORT, deadline=None)
@given(st.decimals(-(10**12), 10**12, places=3), blanks, blanks, wide)
def test_numbers(duck: DuckConnection, number: Any, a: str, b: str, w: bool) -> None:
    for text in (str(number), f"{number:,}"):
        assert typed(duck, Kind.NUMBER, spelt(text, a, b, w)) == float(number)


@settings(max_examples=100 * EFFORT, deadline=None)
@given(st.dates(date(1900, 1, 1)), blanks, blanks, wide)
def test_dates(duck: DuckConnection, day: date, a: str, b: str, w: bool) -> None:
    y, m, d = day.year, day.month, day.day
    texts = [f"{y}-{m}-{d}", f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y}{m:02}{d:02}"]
    for text in [*texts, f"{y}-{m:02}-{d:02}", f"{y}年{m:02}月{d:02}日"]:
        assert typed(duck, Kind.DATE, spelt(text, a, b, w)) == day


@settings(max_examples=50 * EFFORT, deadline=None)
@given(st.datetimes(datetime(1900, 1, 1)), blanks, blanks, wide)  # noqa: DTZ001
def test_times(duck: DuckConnection, at: datetime, a: str, b: str, w: bool) -> None:
    at = at.replace(microsecond=0)
    y, m, d = at.year, at.month, at.day
    clock, spoken = f"{at.hour}:{at:%M:%S}", f"{at.hour}时{at.minute}分{at.second}秒"
    texts = [f"{y}{sign}{m}{sign}{d} {clock}" for sign in "-/."]
    texts += [f"{y}年{m}月{d}日{gap}{each}" for gap in ("", " ") for each in (clock, spoken)]
    for text in [*texts, f"{at.year:04}{at:%m%d%H%M%S}", f"{at.year:04}{at:%m%d %H%M%S}"]:
        found = typed(duck, Kind.TIMESTAMP, spelt(text, a, b, w))
        assert found.replace(tzinfo=None) == at


@settings(max_examples=300 * EFFORT, deadline=None)
@given(
    st.sampled_from(Kind), st.text(MARKS, max_size=12) | st.from_regex(r"[0-9 ,./年月日:-]{1,14}")
)
def test_a_value_has_a_reason_exactly_when_it_does_not_land(
    duck: DuckConnection, kind: Kind, text: str
) -> None:
    column = COLUMNS[kind]
    rows = '(select $v as "c")'
    (reason,) = duck.execute(
        f"select {reason_sql(column, TEXT)} from {rows}", {"v": text}
    ).fetchone()
    try:
        value = typed(duck, kind, text)
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        assert reason in {str(kind), "range"}
        return
    assert value is not None
    broken = [
        why
        for why, condition in violations(column, value_sql(column, TEXT))
        if duck.execute(f"select {condition} from {rows}", {"v": text}).fetchone()[0]
    ]
    assert reason == (broken[0] if broken else None)

"""Drawings lie where their values say, lose no row, and never draw what is not there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.loop.drawing import chart, gantt, gauge, plan, table
from duokua.loop.drawing.rows import Rows, said

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
numbers = st.one_of(st.none(), st.integers(-(10**9), 10**9), st.floats(-1e12, 1e12))


@example([5e-324], "bar")
@given(st.lists(numbers, max_size=60), st.sampled_from(["line", "bar"]))
def test_every_value_is_drawn_within_the_frame(values: list[float | None], draw: str) -> None:
    rows = Rows(("x", "y"), [{"x": n, "y": value} for n, value in enumerate(values)])
    drawn = chart.chart(rows, "x", ["y"], draw)
    told = [value for value in values if value is not None]
    (series,) = drawn.series
    if draw == "bar":
        assert len(series.bars) == len(told)
        places = [y for bar in series.bars for y in (bar.y, bar.y + bar.height)]
    else:
        points = [point for line in series.lines for point in line.split()]
        assert len(points) == len(series.dots) == len(told)
        places = [y for _, y, _ in series.dots]
    assert all(chart.TOP - 0.1 <= y <= chart.HEIGHT - chart.BOTTOM + 0.1 for y in places)


def test_a_gap_breaks_the_line() -> None:
    rows = Rows(("x", "y"), [{"x": n, "y": y} for n, y in enumerate([1, 2, None, 3])])
    (series,) = chart.chart(rows, "x", ["y"]).series
    assert [len(line.split()) for line in series.lines] == [2, 1]


def test_a_higher_value_lies_higher() -> None:
    rows = Rows(("x", "y"), [{"x": n, "y": y} for n, y in enumerate([1, 5, 3])])
    (series,) = chart.chart(rows, "x", ["y"]).series
    low, high, middle = (y for _, y, _ in series.dots)
    assert high < middle < low


places = st.tuples(st.floats(119.9, 120.4), st.floats(30.0, 30.3))


@given(st.lists(places, min_size=1, max_size=50), st.sampled_from(["points", "heat"]))
def test_a_map_draws_each_place_inside(found: list[tuple[float, float]], draw: str) -> None:
    rows = Rows(("lon", "lat"), [{"lon": lon, "lat": lat} for lon, lat in found])
    drawn = plan.plan(rows, (), {"lon": "lon", "lat": "lat", "draw": draw})
    assert drawn.left_out == 0
    if draw == "points":
        assert len(drawn.points) == len(found)
        assert all(0 <= p.x <= plan.WIDTH and 0 <= p.y <= plan.HEIGHT for p in drawn.points)
    else:
        assert max(cell.share for cell in drawn.cells) == 1
        assert sum(float(cell.label) for cell in drawn.cells) == len(found)


def test_north_is_up_east_is_right_and_the_worst_lies_on_top() -> None:
    rows = Rows(
        ("lon", "lat", "level"),
        [
            {"lon": 120.2, "lat": 30.2, "level": "red"},
            {"lon": 120.1, "lat": 30.1, "level": "blue"},
            {"lon": None, "lat": 30.1, "level": "red"},
        ],
    )
    drawn = plan.plan(rows, (), {"lon": "lon", "lat": "lat", "level": "level"})
    blue, red = drawn.points
    assert (red.level, blue.level, drawn.left_out) == ("red", "blue", 1)
    assert red.x > blue.x
    assert red.y < blue.y


def test_the_outline_is_the_homes(tmp_path: Path) -> None:
    assert plan.outline(tmp_path) == ()
    path = tmp_path / plan.FILE
    path.write_text("{")
    assert plan.outline(tmp_path) == ()
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.0]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    (found,) = plan.outline(tmp_path)
    assert found == ring
    drawn = plan.plan(Rows(), (found,), {"lon": "a", "lat": "b"})
    assert drawn.outline[0].startswith("M")


def test_a_gantt_shows_what_lasts_and_today() -> None:
    rows = Rows(
        ("n", "a", "b"),
        [
            {"n": "one", "a": date(2026, 5, 1), "b": date(2026, 5, 11)},
            {"n": "open", "a": NOW - timedelta(days=2), "b": None},
            {"n": "never", "a": None, "b": None},
        ],
    )
    drawn = gantt.gantt(rows, {"label": "n", "from": "a", "until": "b"}, NOW)
    assert [each.label for each in drawn.rows] == ["one", "open"]
    assert drawn.left_out == 1
    assert drawn.today is not None
    assert drawn.rows[1].x + drawn.rows[1].width == pytest.approx(drawn.today, abs=0.2)


@pytest.mark.parametrize(
    ("value", "warn", "alarm", "grade"),
    [
        (10, 50, 80, "normal"), (50, 50, 80, "yellow"), (80, 50, 80, "red"),
        (90, 80, 60, "normal"), (80, 80, 60, "yellow"), (60, 80, 60, "red"), (5, None, None, "normal"),
    ],
)  # fmt: skip
def test_a_gauge_warns_upward_or_downward(
    value: float, warn: float | None, alarm: float | None, grade: str
) -> None:
    assert gauge.gauge(value, 0, 100, warn, alarm).grade == grade


def test_a_gauge_says_what_lies_beyond() -> None:
    assert gauge.gauge(120, 0, 100, None, None).beyond
    assert gauge.gauge(120, 0, 100, None, None).share == 1


@given(st.lists(numbers, max_size=80), st.sampled_from(["", "v", "-v"]), st.integers(1, 9))
def test_pages_show_every_row_once(values: list[float | None], sort: str, size: int) -> None:
    rows = Rows(("v", "n"), [{"v": value, "n": str(n)} for n, value in enumerate(values)])
    shown = table.heads(("n",), {"n": Text("序号", "No.")})
    first = table.table(rows, shown, sort=sort, size=size)
    pages = [
        table.table(rows, shown, sort=sort, size=size, page=n) for n in range(1, first.pages + 1)
    ]
    every = [row[0].text for page in pages for row in page.rows]
    assert sorted(every) == sorted(str(n) for n in range(len(values)))
    ordered = [values[int(each)] for each in every]
    told = [each for each in ordered if each is not None]
    if sort:
        assert told == sorted(told, reverse=sort == "-v")
        assert ordered[: len(told)] == told  # those without a value come last


def test_values_are_said_for_people() -> None:
    assert said(None) == "—"
    assert said(1234567.0) == "1,234,567"
    assert said(1.25) == "1.25"
    assert said(date(2026, 5, 6)) == "2026-05-06"
    assert said(NOW) == "2026-05-06 12:00"

"""Keyset pages: together they are the whole list, once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.lists.paging import mark, page, read_mark

Row = tuple[str, int]
ROWS = st.lists(
    st.tuples(st.text(max_size=6), st.integers(-5, 5)), max_size=40, unique_by=lambda row: row[0]
)
SORTS = {"name": lambda row: row[0], "size": lambda row: row[1]}


def walk(rows: list[Row], sort: str, size: int) -> list[Row]:
    """Go through all pages."""
    seen: list[Row] = []
    after: str | None = None
    while True:
        shown = page(
            rows, sorts=SORTS, identity=lambda row: row[0], sort=sort, after=after, size=size
        )
        seen += shown.rows
        if shown.next is None:
            return seen
        after = shown.next


@given(ROWS, st.sampled_from(["name", "-name", "size", "-size"]), st.integers(1, 7))
def test_pages_are_the_sorted_list(rows: list[Row], sort: str, size: int) -> None:
    key = SORTS[sort.removeprefix("-")]
    whole = sorted(rows, key=lambda row: (key(row), row[0]), reverse=sort.startswith("-"))
    assert walk(rows, sort, size) == whole


@given(ROWS.filter(lambda rows: len(rows) > 2), st.data())
def test_a_row_that_vanishes_costs_no_other_row(rows: list[Row], data: st.DataObject) -> None:
    shown = page(rows, sorts=SORTS, identity=lambda row: row[0], sort="size", after=None, size=1)
    gone = data.draw(st.sampled_from(rows))
    left = [row for row in rows if row != gone]
    rest = page(
        left, sorts=SORTS, identity=lambda row: row[0], sort="size", after=shown.next, size=50
    )
    assert set(rest.rows) == set(rows) - {shown.rows[0], gone}


@given(st.one_of(st.text(max_size=5), st.integers(), st.floats(allow_nan=False)), st.text())
def test_a_mark_reads_back(value: str | int | float, identity: str) -> None:
    assert read_mark(mark(value, identity)) == (value, identity)


@given(st.text())
def test_no_mark_breaks_a_page(text: str) -> None:
    rows = [("a", 1), ("b", 2)]
    shown = page(rows, sorts=SORTS, identity=lambda row: row[0], sort="name", after=text)
    assert shown.total == 2


def test_a_mark_of_another_order_begins_again() -> None:
    shown = page(
        [("a", 1)], sorts=SORTS, identity=lambda row: row[0], sort="name", after=mark(7, "a")
    )
    assert shown.rows == (("a", 1),)

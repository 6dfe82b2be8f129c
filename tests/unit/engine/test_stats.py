"""Statistics add up in any grouping, as the rows themselves would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duokua.engine.stats import (
    EMPTY,
    ColumnStats,
    TableStats,
    dump_stats,
    merge,
    parse_stats,
)

cells = st.lists(st.none() | st.text(max_size=3))


def stats_of(rows: list[str | None]) -> TableStats:
    given_ = [row for row in rows if row is not None]
    least, greatest = (min(given_), max(given_)) if given_ else (None, None)
    return TableStats(len(rows), (("c", ColumnStats(rows.count(None), least, greatest)),))


@given(cells, cells)
def test_a_merge_is_the_statistics_of_all_rows(
    one: list[str | None], two: list[str | None]
) -> None:
    assert merge(stats_of(one), stats_of(two)) == stats_of(one + two)


@given(cells)
def test_nothing_is_neutral_and_json_keeps_all(rows: list[str | None]) -> None:
    stats = stats_of(rows)
    assert merge(EMPTY, stats) == stats == parse_stats(dump_stats(stats))

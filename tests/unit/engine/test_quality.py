"""Rules are counted as an independent loop over the rows counts them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine.quality import bad_rows
from duokua.engine.stats import ColumnStats, TableStats
from duokua.kernel.text import Text
from duokua.lang.quality import Dimension, Metric, QualityRule

_WORDS = ["", "x", "y'", "-", "12", "无"]
_ROW = st.tuples(
    st.none() | st.sampled_from(_WORDS),
    st.none() | st.integers(-3, 3),
    st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 5)),
    st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 5)),
)


def _rule(name: str, metric: Metric, *columns: str, **more: object) -> QualityRule:
    title = Text(name, name)
    return QualityRule(name, title, Dimension.ACCURACY, metric, columns, **more)  # type: ignore[arg-type]


RULES = (
    _rule("null", Metric.NULL, "word"),
    _rule("missing", Metric.MISSING, "word", values=("-", "无")),
    _rule("listed", Metric.INVALID, "word", values=("x", "y'")),
    _rule("pattern", Metric.INVALID, "word", pattern="[0-9]*"),
    _rule("range", Metric.INVALID, "number", least=-1.0, greatest=2.0),
    _rule("order", Metric.ORDER, "born", "entered", comparison="<="),
    _rule("twice", Metric.DUPLICATE, "word", "number"),
    _rule("orphan", Metric.ORPHAN, "number", other=("others", "id")),
    _rule("nowhere", Metric.ORPHAN, "number", other=("gone", "id")),
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=30), st.sets(st.integers(-3, 3), min_size=1))
def test_counts_are_those_of_a_loop(
    rows: list[tuple[str | None, int | None, date | None, date | None]], known: set[int]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        table = pa.table(
            {
                "word": pa.array([row[0] for row in rows], pa.string()),
                "number": pa.array([row[1] for row in rows], pa.int64()),
                "born": pa.array([row[2] for row in rows], pa.date32()),
                "entered": pa.array([row[3] for row in rows], pa.date32()),
            }
        )
        pq.write_table(table, folder / "t.parquet")
        pq.write_table(pa.table({"id": pa.array(sorted(known))}), folder / "o.parquet")
        nulls = sum(row[0] is None for row in rows)
        stats = TableStats(len(rows), (("word", ColumnStats(nulls, None, None)),))
        others = {"others": [folder / "o.parquet"]}
        found = bad_rows([folder / "t.parquet"], stats, RULES, others, folder)
    words = [row[0] for row in rows if row[0] is not None]
    pairs = Counter((row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None)
    assert found == {
        "null": nulls,
        "missing": sum(row[0] in (None, "-", "无") for row in rows),
        "listed": sum(word not in ("x", "y'") for word in words),
        "pattern": sum(not re.fullmatch("[0-9]*", word) for word in words),
        "range": sum(row[1] is not None and not -1 <= row[1] <= 2 for row in rows),
        "order": sum(bool(row[2] and row[3] and row[2] > row[3]) for row in rows),
        "twice": sum(count - 1 for count in pairs.values()),
        "orphan": sum(row[1] is not None and row[1] not in known for row in rows),
    }

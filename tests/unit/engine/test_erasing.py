"""Rows that are taken out for good leave no byte, and marks agree with those of the SQL."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import delta
from duokua.engine.duck import open_duck
from duokua.engine.erasing import (
    Expired,
    Marked,
    choose,
    clean_aside,
    compact,
    count_rows,
    mark,
    plan_removal,
)
from landing import COLUMNS, land

KEY = b"k" * 32


def marked(*texts: str, column: str = "id") -> Marked:
    return Marked((column,), tuple(mark(KEY, "person", text) for text in texts), "person", KEY)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))))
def test_a_cell_has_the_mark_that_is_computed_here(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    file = tmp_path_factory.mktemp("m") / "f.parquet"
    pq.write_table(pa.table({"id": pa.array(texts, pa.string())}), file)
    duck = open_duck(directories=[file.parent])
    for text in set(texts):
        alike = sum(compact(each) == compact(text) for each in texts)
        assert choose(duck, file, marked(text)) == alike
    duck.close()


def test_widths_and_joints_tell_nothing() -> None:
    assert compact("１１０１０１ 1990-0307１９５ｘ") == compact("11010119900307195X")


def test_history_is_forgotten_and_the_table_goes_on(tmp_path: Path) -> None:
    table = tmp_path / "t"
    delta.ensure_table(table, COLUMNS)
    for batch, ids in (("a", [71777]), ("b", [2, 3]), ("c", [71777, 5])):
        land(table, batch, ids)
    into = tmp_path / "staging"
    into.mkdir()
    head = delta.head(table)
    gone, change = plan_removal(table, head, COLUMNS, marked("71777"), into, batch="\terase:1")
    assert (gone, count_rows(head.files, marked("71777"))) == (2, 2)
    assert change is not None
    for part in change.added:
        part.file.rename(table / part.file.name)
    moved = tuple(delta.Part(table / part.file.name, part.stats) for part in change.added)
    change = delta.Change(change.version, change.batch, moved, change.removed, change.total)
    delta.change(table, change, columns=COLUMNS, note="{}")
    assert any(b"71777" in path.read_bytes() for path in (table / "_delta_log").iterdir())
    delta.forget_history(table)
    delta.forget_history(table)  # again is no change
    for path in (table / "_delta_log").iterdir():
        assert b"71777" not in path.read_bytes()
        if path.suffix == ".parquet":
            assert "71777" not in str(pq.read_table(path).to_pylist())
    after = delta.head(table)
    assert (after.version, after.rows) == (head.version + 1, 3)
    assert not land(table, "a", [1], part="again").landed  # what has landed stays known
    assert land(table, "d", [9]).version == after.version + 1
    delta.forget_history(table)
    assert delta.head(table).rows == 4


def test_what_is_too_old_goes_and_what_has_no_age_stays(tmp_path: Path) -> None:
    file = tmp_path / "f.parquet"
    days = ["2026-01-01", "2026-03-01", None]
    pq.write_table(pa.table({"day": pa.array(days).cast(pa.date32())}), file)
    assert count_rows([file], Expired("day", "date", "2026-03-01")) == 1
    assert count_rows([file], Expired("other", "date", "2026-03-01")) == 0


def test_rows_that_stand_aside_are_taken_out_in_place(tmp_path: Path) -> None:
    file = tmp_path / "aside.parquet"
    rows = [{"row": at, "raw": {"id": text}, "faults": []} for at, text in ((2, "x1"), (7, " X-1"))]
    rows.append({"row": 9, "raw": {"id": "y"}, "faults": []})
    pq.write_table(pa.Table.from_pylist(rows), file)
    assert clean_aside(file, marked("X1"), tmp_path) == [2, 7]
    assert [row["row"] for row in pq.read_table(file).to_pylist()] == [9]
    assert clean_aside(file, marked("X1"), tmp_path) == []

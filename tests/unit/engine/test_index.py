"""The serving index."""

from __future__ import annotations

import hmac
from pathlib import Path

import apsw
import pytest

from duokua.engine.index import IndexSpec, build_index, open_index, pseudonym
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from engines import COLUMNS, PLACE, Cell, batch_of

ROW: dict[str, Cell] = {
    "string": "王",
    "integer": -1,
    "number": 1.5,
    "boolean": True,
    "date": "0099-12-31",
    "timestamp": "2020-01-01T00:00:00.000001Z",
}
SPEC = IndexSpec((PLACE, *COLUMNS), ("place_",), ("place_",), "string")
NAME = Column("name", Kind.STRING, Text("n", "n"), required=True)
NUMBER = Column("number", Kind.INTEGER, Text("n", "n"), required=True)


def test_values_are_stored_in_canonical_form_with_their_subject(tmp_path: Path) -> None:
    empty: dict[str, Cell] = dict.fromkeys(ROW)
    batch = batch_of(SPEC.columns, [ROW | {"place_": 2}, empty | {"place_": 1}])
    path = tmp_path / "i.sqlite"
    assert build_index(SPEC, [batch], path, subject_key=b"secret") == 2
    index = open_index(path)
    told = hmac.digest(b"secret", "王".encode(), "sha256").hex()[:16]
    assert index.execute("select * from rows").fetchall() == [
        (1, *[None] * 7),
        (2, *ROW.values(), told),
    ]
    with pytest.raises(apsw.ReadOnlyError):
        index.execute("delete from rows")
    index.close()


def test_a_long_subject_key_is_hashed_as_rfc_2104_says(tmp_path: Path) -> None:
    path, key = tmp_path / "i.sqlite", b"k" * 100
    build_index(SPEC, [batch_of(SPEC.columns, [ROW | {"place_": 1}])], path, subject_key=key)
    index = open_index(path)
    told = index.execute("select _subject from rows").fetchone()[0]
    index.close()
    assert told == hmac.digest(key, "王".encode(), "sha256").hex()[:16]


def test_rows_lie_in_order_and_keys_are_unique(tmp_path: Path) -> None:
    columns = (NAME, NUMBER)
    rows: list[dict[str, Cell]] = [{"name": n, "number": i} for n, i in [("b", 1), ("a", 2)]]
    spec = IndexSpec(columns, ("name", "number"), ("number",), None)
    path = tmp_path / "i.sqlite"
    build_index(spec, [batch_of(columns, rows)], path, subject_key=b"")
    index = open_index(path)
    ordered = "select name from rows order by name, number"
    assert index.execute(ordered).fetchall() == [("a",), ("b",)]
    assert "TEMP B-TREE" not in str(index.execute(f"explain query plan {ordered}").fetchall())
    plan = str(index.execute("explain query plan select * from rows where number = 1").fetchall())
    assert "SEARCH" in plan
    index.close()
    with pytest.raises(ValueError, match="not unique"):
        build_index(spec, [batch_of(columns, rows), batch_of(columns, rows)], path, subject_key=b"")
    index = open_index(path)
    assert index.execute("select count(*) from rows").fetchone() == (2,)
    index.close()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": ("name",), "columns": (COLUMNS[0],)},
        {"order": ("string",), "columns": COLUMNS},
        {"order": ()},
        {"subject": "nobody"},
    ],
)
def test_a_spec_that_cannot_be_built_is_refused(wrong: dict[str, object]) -> None:
    fine = {"columns": (NAME,), "order": ("name",), "key": ("name",), "subject": None}
    with pytest.raises(ValueError, match=r"index|order"):
        IndexSpec(**(fine | wrong))  # type: ignore[arg-type]


def test_a_pseudonym_differs_by_key_and_not_by_call() -> None:
    assert pseudonym("a", "x") == pseudonym("a", "x") != pseudonym("b", "x")
    assert pseudonym("a", None) is None

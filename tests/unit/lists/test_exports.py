"""Exported lists open in a spreadsheet and run nothing there."""

from __future__ import annotations

import csv
import io

import pytest

from duokua.lists.exports import csv_answer


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1+1", "＠x"])
def test_a_formula_becomes_a_text(cell: str) -> None:
    text = csv_answer("list", ["a"], [[cell]]).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ["'" + cell]


def test_numbers_and_chinese_stay() -> None:
    answer = csv_answer("list", ["名称"], [["施工", -5]])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["名称"], ["施工", "-5"]]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="list.csv"'

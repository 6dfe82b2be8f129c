"""Cells in the words of a page."""

from __future__ import annotations

import pytest

from duokua.kernel.text import Text
from duokua.lake.cells import cell_words
from duokua.lang.contract import Code, Column, Kind

CRANE = Text("塔吊司机", "Crane driver")


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.STRING, None, "—"),
        (Kind.STRING, "crane", "Crane driver"),
        (Kind.STRING, "x" * 50, "x" * 39 + "…"),
        (Kind.BOOLEAN, True, "yes"),
        (Kind.BOOLEAN, 0, "no"),
        (Kind.TIMESTAMP, "2026-05-06T20:30:00.000000Z", "2026-05-07 04:30:00"),
        (Kind.NUMBER, 1.5, "1.5"),
    ],
)
def test_words_of_a_cell(kind: Kind, value: object, words: str) -> None:
    column = Column("c", kind, Text("列", "c"), codes=(Code("crane", CRANE),))
    assert cell_words(value, column).en == words

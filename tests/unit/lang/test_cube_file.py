"""The cube of an interface file: what may stand in it and every fault of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.codec import interface_from_json, interface_to_json
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.cube import Cube, Measure, Noise, is_protected
from duokua.lang.interface import Parameter, Shape
from duokua.lang.interface_file import load_interface

TEXT = Text("标题", "title")
COLUMNS = (
    Column("id", Kind.INTEGER, TEXT, required=True),
    Column("person", Kind.STRING, TEXT, required=True, level=Level.L3, personal="resident_id"),
    Column("street", Kind.STRING, TEXT, required=True),
    Column("trade", Kind.STRING, TEXT),
    Column("born", Kind.DATE, TEXT, required=True, personal="birth_date"),
    Column("secret", Kind.STRING, TEXT, required=True, level=Level.L3),
    Column("wage", Kind.NUMBER, TEXT, level=Level.L3, personal="income"),
    Column("group", Kind.STRING, TEXT, required=True),
)
PEOPLE = Contract("p", "1.0.0", TEXT, TEXT, "d", Level.L3, COLUMNS, ("id",), subject="person")
PLACES = replace(
    PEOPLE, subject=None, level=Level.L1,
    columns=tuple(replace(each, level=Level.L1, personal=None) for each in COLUMNS),
)  # fmt: skip
HEAD = """\
interface: by_street
version: 1.0.0
title: {zh: 统计, en: Figures}
description: {zh: 统计, en: Figures}
dataset: p
shape: aggregate
"""
CUBE = (
    HEAD
    + """\
cube:
  dimensions: [street]
  measures:
    - {name: n, fn: count}
"""
)


def load(text: str, contract: Contract = PEOPLE) -> list[str]:
    """Return the lines of the faults, in English."""
    try:
        load_interface(text, source="i.yaml", contract=contract)
    except Invalid as error:
        assert all(fault.what.zh and fault.mend.zh for fault in error.faults)
        return [fault.line() for fault in error.faults]
    return []


def test_a_cube() -> None:
    text = (
        HEAD
        + """\
cube:
  dimensions: [street]
  measures:
    - {name: people, fn: count}
    - {name: wage_mean, fn: avg, column: wage, between: [0, 2000]}
  least: 12
  budget: 7
  noise: {epsilon: 0.5, budget: 3}
"""
    )
    interface = load_interface(text, source="i.yaml", contract=PEOPLE)
    measures = Measure("people", "count"), Measure("wage_mean", "avg", "wage", (0.0, 2000.0))
    assert interface.cube == Cube(("street",), measures, 12, 7, Noise(0.5, 3.0))
    assert interface.shape is Shape.AGGREGATE
    assert interface.columns == interface.order == ("street",)
    assert interface.parameters == (Parameter("street", "street"),)
    assert interface_from_json(interface_to_json(interface)) == interface


def test_what_needs_a_cube() -> None:
    assert is_protected(PEOPLE)
    assert not is_protected(PLACES)
    for changes in ({"subject": "person"}, {"level": Level.L3}, {"level": Level.L4}):
        assert is_protected(replace(PLACES, **changes))  # type: ignore[arg-type]
    for column in (replace(COLUMNS[3], personal="x"), replace(COLUMNS[3], level=Level.L3)):
        assert is_protected(replace(PLACES, columns=(*PLACES.columns[:3], column)))


@pytest.mark.parametrize(("old", "new", "told"), [
    ("cube:", "cubes:", "no field 'cubes'"),
    ("[street]", "[]", "dimensions are wrong"),
    ("[street]", "[street, street]", "twice"),
    ("[street]", "[town]", "no column 'town'"),
    ("[street]", "[trade]", "'trade' cannot be a dimension"),  # may be missing
    ("[street]", "[group]", "'group' cannot be a dimension"),  # a word of the query string
    ("[street]", "[born]", "personal or above L2"),
    ("[street]", "[secret]", "personal or above L2"),
    ("[street]", "[person]", "personal or above L2"),
    ("[street]", "[street, id]", "they hold the whole key"),
    ("{name: n, fn: count}", "{name: N1, fn: count}", "the name is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: max, column: wage}", "the measure is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: count, column: wage}", "the measure is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: sum, column: street}", "the measure is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: sum, column: wage}", "bounds of the values"),
    ("{name: n, fn: count}", "{name: nn, fn: sum, column: wage, between: [9, 1]}", "bounds"),
    ("{name: n, fn: count}", "{name: nn, fn: sum, column: wage, between: [0, .inf]}", "bounds"),
    ("{name: n, fn: count}", "{name: street, fn: count}", "is taken"),
    ("{name: n, fn: count}", "{name: nn, fn: count}\n    - {name: mm, fn: count}", "one measure"),
    ("{name: n, fn: count}", "{name: nn, fn: count}\n  least: 9", "least is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: count}\n  budget: 0", "budget is wrong"),
    ("{name: n, fn: count}", "{name: nn, fn: count}\n  noise: {epsilon: 2, budget: 1}", "noise"),
    ("cube:", "columns: [street]\ncube:", "aggregate has no columns"),
    ("cube:", "query: false\ncube:", "aggregate has no query"),
    ("cube:", "open: true\ncube:", ""),
])  # fmt: skip
def test_every_fault(old: str, new: str, told: str) -> None:
    found = load(CUBE.replace(old, new, 1))
    if told:
        assert any(told in line for line in found), found
    else:
        assert found == []  # counts by an open column may be open


def test_figures_of_personal_columns_are_never_open() -> None:
    text = CUBE.replace(
        "{name: n, fn: count}", "{name: nn, fn: sum, column: wage, between: [0, 9]}"
    )
    assert any("'wage'" in line for line in load(text.replace("cube:", "open: true\ncube:")))


def test_places_need_neither_people_nor_bounds() -> None:
    text = CUBE.replace("{name: n, fn: count}", "{name: nn, fn: sum, column: wage}\n  least: 1")
    assert load(text, PLACES) == []


def test_a_page_says_what_may_be_asked() -> None:
    page = HEAD.replace("aggregate", "page") + "columns: [id, street, trade]\n"
    for told, expected in (
        ("", None), ("query: true", None), ("query: false", ()), ("query: [trade]", ("trade",))
    ):  # fmt: skip
        interface = load_interface(page + told, source="i.yaml", contract=PLACES)
        assert interface.query == expected
        assert interface_from_json(interface_to_json(interface)) == interface
    for told in ("query: [wage]", "query: street", "query: 0"):
        assert load(page + told, PLACES) != []
    assert any("cube" in line for line in load(page + "cube: {dimensions: [street]}", PLACES))

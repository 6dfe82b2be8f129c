"""Parameters of packs: listed or by id, in any unit, as numbers, yes or no, and texts."""

from __future__ import annotations

from datetime import date

import pytest
from tests.unit.lang.test_law_pack import ROOT

from duokua.kernel.errors import Faults
from duokua.lang.law_folder import law_pack
from duokua.lang.parameter import Mark, Parameter
from duokua.lang.scenario.parameter_file import read_pack_parameters
from duokua.lang.yamlfile import load

LISTED = """\
parameters:
  - id: least
    title: {zh: 最低温度, en: Least temperature}
    unit: Cel
    values:
      - {from: 2024-01-01, value: -5.5, source: x, mark: V, basis: {zh: 某法, en: A law}, article: 三}
      - {from: 2025-01-01, until: 2025-06-30, value: -7, source: x, mark: S}
"""
BY_ID = """\
night_work:
  title: {zh: 夜间施工, en: Night work}
  values: {2024-01-01: {value: false, source: x, mark: P}, 2025-01-01: {value: true, source: x, mark: P}}
grade:
  title: {zh: 等级, en: Grade}
  values: {2024-01-01: {value: 甲, source: x, mark: P}}
"""


def read(text: str) -> tuple[list[Parameter], list[str]]:
    """Return parameters and what was told of them."""
    faults = Faults()
    found = [each for each, _ in read_pack_parameters(load(text, source="p.yaml"), faults)]
    return found, [each.line() for each in faults.found]


def test_a_list_as_law_packs_have_it() -> None:
    (least,), told = read(LISTED)
    assert not told
    assert least.unit == "Cel"
    first = least.at(date(2024, 12, 31))
    assert first is not None
    assert (first.value, first.until, first.basis.en) == (-5.5, date(2024, 12, 31), "A law")
    second = least.at(date(2025, 6, 30))
    assert second is not None
    assert (second.value, second.mark, second.basis) == (-7, Mark.STATED, least.title)
    assert least.at(date(2025, 7, 1)) is None


def test_by_id_with_yes_or_no_and_texts() -> None:
    (night, grade), told = read(BY_ID)
    assert not told
    assert [each.value for each in night.values] == [False, True]
    assert (grade.values[0].value, grade.unit) == ("甲", "1")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("value: true", "value: 3", "one kind"),
        ("value: 甲", "value: [1]", "number"),
        ("grade:", "today:", "a-z"),
        ("2025-01-01:", "2024-01-01 :", "twice"),
        ("value: 甲, source: x", "value: 甲", "source"),
        (
            "  title: {zh: 等级, en: Grade}\n",
            "  title: {zh: 等级, en: Grade}\n  unit: kg\n",
            "number",
        ),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, word: str) -> None:
    assert old in BY_ID
    try:
        _, told = read(BY_ID.replace(old, new))
    except Exception as error:  # the same key twice is no YAML of ours
        told = [each.line() for each in error.faults]  # type: ignore[attr-defined]
    assert any(word in each for each in told), told


def test_overlapping_values_are_told() -> None:
    _, told = read(LISTED.replace("value: -5.5,", "value: -5.5, until: 2025-03-01,"))
    assert any("overlap from 2025-01-01" in each for each in told), told


def test_the_law_pack_is_read_as_before() -> None:
    pack = law_pack(ROOT / "packs")
    assert all(isinstance(v.value, int | float) for p in pack.parameters.values() for v in p.values)

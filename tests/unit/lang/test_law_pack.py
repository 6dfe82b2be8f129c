"""Law packs: what they say by date, every fault at once, and the pack that comes with the platform."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from duokua.kernel import environment
from duokua.kernel.errors import Invalid, NotFound
from duokua.kernel.working_time import Clock
from duokua.lang.law_folder import law_pack
from duokua.lang.law_pack import read_pack
from duokua.lang.law_view import lines
from duokua.lang.parameter import Mark

ROOT = Path(__file__).resolve().parents[3]
TOP = """
id: test
title: {zh: 测试, en: Test}
version: "1"
clocks: {answer: days}
"""
GROUNDS = """
grounds:
  - id: law
    title: {zh: 法律禁止, en: Forbidden}
    from: "2020-01-01"
    basis: {zh: 某法, en: Some law}
    article: 第一条
    source: x
    mark: V
"""
VALUE = """
      - from: "{since}"
        until: {until}
        value: {value}
        basis: {{zh: 某法, en: Some law}}
        article: ""
        source: x
        mark: {mark}"""
DAYS = """
parameters:
  - id: days
    title: {zh: 答复, en: Answer}
    unit: working day
    values:"""


def files(*values: str) -> dict[str, str]:
    return {
        "pack.yaml": TOP,
        "grounds.yaml": GROUNDS,
        "parameters/a.yaml": DAYS + "".join(values),
    }


def value(since: str, until: str, days: object, mark: str = "V") -> str:
    told = "null" if until == "" else f'"{until}"'
    return VALUE.format(since=since, until=told, value=days, mark=mark)


def test_what_was_in_force_is_found_by_date() -> None:
    pack = read_pack(files(value("2025-08-01", "", 10, "M"), value("2020-01-01", "2025-07-31", 15)))
    clock = pack.clock("answer")
    assert clock is not None
    assert clock.at(date(2019, 12, 31)) is None
    assert [clock.at(date(2025, 7, day)).value for day in (30, 31)] == [15, 15]  # type: ignore[union-attr]
    then = clock.at(date(2025, 8, 1))
    assert then is not None and then.value == 10 and then.mark is Mark.UNVERIFIED
    assert pack.clock("nothing") is None
    assert [line.advisory for line in lines(pack, date(2026, 1, 1), every=False)] == [True]


def test_every_fault_is_told_at_once_with_its_line() -> None:
    told = files(
        value("2020-01-01", "", -1),
        value("2021-13-01", "", "true"),
        value("2024-01-01", "2023-01-01", 1.5, "X"),
    )
    told["pack.yaml"] = TOP.replace("answer: days", "answer: months") + "more: 1\n"
    told["tables/holidays.csv"] = "day,kind,name,source\n2026-01-01,holiday,a,b\n2026-01-01,x,a,b\n"
    with pytest.raises(Invalid) as caught:
        read_pack(told)
    places = {fault.where for fault in caught.value.faults}
    assert {
        "pack.yaml:5", "pack.yaml:6", "parameters/a.yaml:9", "parameters/a.yaml:14",
        "parameters/a.yaml:16", "parameters/a.yaml:22", "parameters/a.yaml:23",
        "parameters/a.yaml:27", "tables/holidays.csv:3",
    } <= places  # fmt: skip


@pytest.mark.parametrize("gone", ["pack.yaml", "grounds.yaml"])
def test_a_missing_file_is_told(gone: str) -> None:
    told = files(value("2020-01-01", "", 1))
    del told[gone]
    with pytest.raises(Invalid) as caught:
        read_pack(told)
    assert gone in {fault.where for fault in caught.value.faults}


def test_the_pack_of_the_platform_marks_what_nobody_checked() -> None:
    pack = law_pack(environment.read({}).packs)
    today = date(2026, 11, 23)
    marks = {name: each.at(today).mark for name, each in pack.parameters.items()}  # type: ignore[union-attr]
    unverified = {name for name, mark in marks.items() if mark is Mark.UNVERIFIED}
    assert unverified == {
        "answer_unconditional", "answer_conditional", "answer_conditional_extension",
        "share_after_consent", "catalogue_update", "catalogue_update_extension",
        "catalogue_publish", "correction_answer",
    }  # fmt: skip
    assert marks["compliance_review"] is Mark.VERIFIED
    assert marks["guizhou_answer"] is Mark.STATED
    assert all(pack.clock(name) for name in pack.clocks)
    assert "refused_by_law" in pack.grounds


def test_the_calendar_knows_days_off_and_weekends_worked_instead() -> None:
    calendar = law_pack(environment.read({}).packs).calendar
    assert not calendar.is_working(date(2026, 10, 1))
    assert calendar.is_working(date(2026, 10, 10))  # a Saturday
    assert calendar.after(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert calendar.published == {2024, 2025, 2026}
    sure = Clock(5, datetime(2026, 12, 1, tzinfo=UTC))
    assert sure.certain(calendar)
    assert not Clock(5, datetime(2026, 12, 30, tzinfo=UTC)).certain(calendar)


def test_the_table_of_holidays_is_what_its_package_says() -> None:
    spec = spec_from_file_location("holidays_table", ROOT / "scripts" / "holidays_table.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    out = io.StringIO()
    module.write(2024, 2026, out)
    kept = (ROOT / "packs" / "data_sharing_law" / "tables" / "holidays.csv").read_text("utf-8")
    assert out.getvalue() == kept


def test_an_override_wins_and_a_change_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "data_sharing_law"
    for name, text in files(value("2020-01-01", "", 3)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(NotFound):
        law_pack(tmp_path, "nothing")
    assert law_pack(tmp_path).calendar.is_working(date(2027, 1, 1))
    (folder / "tables").mkdir()
    (folder / "tables" / "holidays.csv").write_text(
        "day,kind,name,source\n2027-01-01,workday,元旦,x\n", "utf-8"
    )
    (folder / "tables" / "holidays_override.csv").write_text(
        "day,kind,name,source\n2027-01-01,holiday,元旦,y\n", "utf-8"
    )
    pack = law_pack(tmp_path)
    assert not pack.calendar.is_working(date(2027, 1, 1))
    assert pack.calendar.published == {2027}

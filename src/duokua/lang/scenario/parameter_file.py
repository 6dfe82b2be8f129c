"""Reads dated parameters (分时参数) of a pack, ``parameters/*.yaml``.

Either a list under ``parameters``, as law packs have it, or each parameter under its id::

    grace_days:
      title: {zh: 证书宽限天数, en: Grace days}
      unit: d
      values:
        2024-01-01: {value: 0, source: example, mark: P}
        2026-01-01: {value: 3, source: example, mark: P}

A value holds until the day before the next one, unless it says ``until``. It is a number, a yes or
no, or a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.parameter import WORKING_DAY, DatedValue, Mark, Parameter
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.scenario.rule import WINDOW
from duokua.lang.yamlfile import Document

_UNIT = re.compile(r"[!-~]{1,64}")  # UCUM: printable ASCII without spaces
_RESERVED = (*WINDOW, "key")  # bound by the platform
_MOST_LETTERS = 500

LISTED = shape(
    "parameters/*.yaml", "参数文件", "a file of parameters",
    key("parameters", "[{id, …}]", "参数列表；也可直接写 标识: {…}", "a list; or write id: {…} at the top"),
)  # fmt: skip
PARAMETER = shape(
    "parameters/*.yaml: id", "参数", "a parameter",
    key("id", "word", "标识，规则里写 $标识；列表写法才要", "its id, $id in rules; in a list only"),
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("unit", "min", "UCUM 单位，或 working day；默认 1", "UCUM, or working day; by default 1"),
    key("values", "{2024-01-01: {…}}", "各日起的值（或列表，每项有 from）",
        "values by their first day; or a list, each with from", needed=True),
)  # fmt: skip
VALUE = shape(
    "parameters/*.yaml: values", "参数的一个值", "a value of a parameter",
    key("from", "2024-01-01", "自哪天起；列表写法才要", "its first day; in a list only"),
    key("until", "2025-12-31", "到哪天止，默认到下一个值的前一天",
        "its last day; by default the day before the next"),
    key("value", "3", "数、true/false 或文字", "a number, true or false, or a text", needed=True),
    key("basis", "{zh, en}", "依据，默认为参数名称", "what it rests on; by default the title"),
    key("article", "text", "条款", "the clause"),
    key("source", "text", "出处", "where it was read", needed=True),
    key("mark", "V", "V 已核对、S 转述、M 待核实、P 建议",
        "V read there, S stated, M not verified, P proposed", needed=True),
)  # fmt: skip


def read_pack_parameters(document: Document, faults: Faults) -> Iterator[tuple[Parameter, str]]:
    """Yield each parameter of a file with its place, having noted what is wrong with it."""
    value = document.value
    if isinstance(value, dict) and isinstance(value.get("parameters"), list):
        top = Part(value, LISTED, document, faults)
        for part in top.parts("parameters", PARAMETER):
            yield _parameter(part, part.word("id")), part.place()
        return
    if not isinstance(value, dict) or not value:
        faults.add(document.place(), "没有参数", "has no parameters",
                   "请写 标识: {title: …, values: …}", "write id: {title: …, values: …}")  # fmt: skip
        return
    for name, told in value.items():
        part = Part(told, PARAMETER, document, faults, (name,))
        yield _parameter(part, name), part.place()


def _parameter(part: Part, name: str) -> Parameter:
    if name and (not is_word(name) or name in _RESERVED):
        part.tell(f"“{name}”不能作为参数的标识", f"{name!r} cannot be a parameter's id",
                  f"请用小写字母、数字、下划线，且不用 {', '.join(_RESERVED)}",
                  f"use a-z, 0-9 and _, but not {', '.join(_RESERVED)}")  # fmt: skip
    unit = part.text("unit", "1")
    if unit != WORKING_DAY and not _UNIT.fullmatch(unit):
        part.wrong("unit", f"“{unit}”不是 UCUM 单位", f"is no UCUM unit: {unit!r}",
                   "请用 UCUM 代码，例如 min、Cel、ug/m3",
                   "use a UCUM code such as min, Cel, ug/m3")  # fmt: skip
    title = part.both("title")
    values = sorted(_values(part, title, unit), key=lambda each: each.since)
    _check_kinds(part, values)
    return Parameter(name, title, unit, tuple(_until_next(part, values)))


def _values(part: Part, title: Text, unit: str) -> Iterator[DatedValue]:
    told = part.told.get("values")
    if isinstance(told, list):
        for each in part.parts("values", VALUE):
            yield _value(each, _day(each, "from", each.text("from")), title, unit)
        return
    for day, each in part.named("values", VALUE):
        if each.has("from"):
            each.wrong("from", "已写作键", "is said by the key", "请删去", "leave it out")
        yield _value(each, _day(each, "", day), title, unit)


def _day(part: Part, name: str, told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError:
        at = (name,) if name else ()
        part.tell(
            f"“{told}”不是日期", f"{told!r} is no day", "请写 2024-01-01", "write 2024-01-01", *at
        )
        return date.min


def _value(part: Part, since: date, title: Text, unit: str) -> DatedValue:
    until = _day(part, "until", part.text("until")) if part.has("until") else None
    if until is not None and until < since:
        part.wrong("until", "早于开始之日", "is before its beginning", "请核对", "check it")
    mark = part.choice("mark", tuple(Mark), Mark.UNVERIFIED)
    return DatedValue(
        since=since,
        until=until,
        value=_figure(part, unit),
        basis=part.both("basis") if part.has("basis") else title,
        article=part.text("article"),
        source=part.text("source"),
        mark=Mark(mark),
    )


def _figure(part: Part, unit: str) -> int | float | str:
    value = part.told.get("value")
    if isinstance(value, int | float) and (unit != WORKING_DAY or value == int(value) >= 0):
        return value
    if isinstance(value, str) and len(value) <= _MOST_LETTERS and unit == "1":
        return value
    if value is not None:
        part.wrong("value", f"不能是这个值（单位 {unit}）", f"cannot be that with the unit {unit}",
                   "有单位的值须是数", "what has a unit is a number")  # fmt: skip
    return 0


def _check_kinds(part: Part, values: list[DatedValue]) -> None:
    kinds = {"text" if isinstance(each.value, str) else
             "flag" if isinstance(each.value, bool) else "number" for each in values}  # fmt: skip
    if len(kinds) > 1:
        part.wrong("values", "前后不是同一类值", "are not of one kind",
                   "请统一用数、true/false 或文字",
                   "use numbers, yes or no, or texts throughout")  # fmt: skip
    if not values and isinstance(part.told.get("values"), dict):
        part.wrong("values", "为空", "are empty")


def _until_next(part: Part, values: list[DatedValue]) -> Iterator[DatedValue]:
    for value, later in pairwise(values):
        if (value.until is not None and value.until >= later.since) or value.since == later.since:
            part.wrong("values", f"自 {later.since} 起重叠", f"overlap from {later.since} on",
                       "请核对起止日期", "check their days")  # fmt: skip
        yield replace(value, until=value.until or later.since - timedelta(days=1))
    yield from values[-1:]

"""Dated parameters (分时参数): a figure of the law, from when to when it holds, and how well it is known.

parameters:
  - id: compliance_review
    title: {zh: 符合性审查, en: Compliance review}
    unit: working day
    values:
      - from: "2024-03-01"
        until: null
        value: 2
        basis: {zh: 依据, en: basis}
        article: ""
        source: where it was read
        mark: V
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.yamlfile import Document

WORKING_DAY = "working day"
# UCUM codes with their words; working days, which UCUM has no code for, are named in full.
UNITS: dict[str, Text] = {
    WORKING_DAY: Text("个工作日", "working days"),
    "s": Text("秒", "seconds"),
    "min": Text("分钟", "minutes"),
    "h": Text("小时", "hours"),
    "d": Text("天", "days"),
    "mo": Text("个月", "months"),
    "a": Text("年", "years"),
    "wk": Text("周", "weeks"),
    "%": Text("%", "%"),
    "mm": Text("毫米", "mm"),
    "m": Text("米", "m"),
    "km": Text("公里", "km"),
    "m2": Text("平方米", "m²"),
    "kg": Text("千克", "kg"),
    "t": Text("吨", "t"),
    "ug/m3": Text("微克/立方米", "µg/m³"),
    "mg/m3": Text("毫克/立方米", "mg/m³"),
    "mg/L": Text("毫克/升", "mg/L"),
    "Cel": Text("℃", "°C"),
    "m/s": Text("米/秒", "m/s"),
    "dB": Text("分贝", "dB"),
    "CNY": Text("元", "CNY"),
    "1": Text("", ""),
}


class Mark(StrEnum):
    """How well a figure is known (核实程度)."""

    VERIFIED = "V"
    STATED = "S"
    UNVERIFIED = "M"
    PROPOSED = "P"


MARKS: dict[Mark, tuple[Text, Text]] = {
    Mark.VERIFIED: (
        Text("已核对来源", "read in the source"),
        Text("在所列来源中读到", "it was read in the source that is named"),
    ),
    Mark.STATED: (
        Text("转述", "stated by others"),
        Text("所列来源转述，未核对原文", "the source says so; the original was not read"),
    ),
    Mark.UNVERIFIED: (
        Text("待核实", "to be verified"),
        Text("仅供参考，未经核对，不得作为法定期限", "advisory only: not checked, not to be taken as law"),
    ),
    Mark.PROPOSED: (
        Text("平台建议", "proposed"),
        Text("本平台自定，可以更改", "the platform's own proposal, it may be changed"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A figure that holds from ``since`` up to and including ``until``; ``None`` is without end."""

    since: date
    until: date | None
    value: int | float | str  # of the law always a number
    basis: Text
    article: str
    source: str
    mark: Mark

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure and what it was and will be, oldest first."""

    id: str
    title: Text
    unit: str
    values: tuple[DatedValue, ...]

    def at(self, day: date) -> DatedValue | None:
        """Return what holds on a day; ``None``: nothing does."""
        return next((each for each in self.values if each.holds(day)), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A mapping of a YAML file that reads its own keys and notes what is wrong with them."""

    told: dict[str, object]
    document: Document
    path: tuple[str | int, ...]
    faults: Faults
    forms: Mapping[str, str] = field(default_factory=dict)  # how keys are written, for the mend

    def wrong(self, key: str, zh: str, en: str, mend_zh: str = "", mend_en: str = "") -> None:
        """Note that a key is missing or wrong; without a mend, how it is written is told."""
        where = self.document.place(*self.path, key)
        form = self.forms.get(key)
        self.faults.add(
            where, f"“{key}”{zh}", f"{key!r} {en}",
            mend_zh or (f"请写 {key}: {form}" if form else f"请更正“{key}”"),
            mend_en or (f"write {key}: {form}" if form else f"correct {key!r}"),
        )  # fmt: skip

    def only(self, *known: str, meant: Mapping[str, str] | None = None) -> None:
        """Note every key that is not known; ``meant`` are keys by words that others use for them."""
        for key in self.told:
            if key in known:
                continue
            near = (meant or {}).get(key) or next(iter(get_close_matches(key, known, 1)), None)
            self.wrong(
                key, "不是已知的键", "is no key that is known",
                f"是否为 {near}？" if near else f"可用：{', '.join(known)}",
                f"did you mean {near}?" if near else f"use one of {', '.join(known)}",
            )  # fmt: skip

    def word(self, key: str, *, empty: bool = False) -> str:
        """Return a text."""
        value = self.told.get(key, "" if empty else None)
        if not isinstance(value, str) or not (value.strip() or empty):
            self.wrong(key, "须是文字", "has to be text")
            return ""
        return value.strip()

    def both(self, key: str) -> Text:
        """Return a text in both languages."""
        value = self.told.get(key)
        parts = [value.get(each) for each in ("zh", "en")] if isinstance(value, dict) else []
        if len(parts) != 2 or not all(isinstance(e, str) and e.strip() for e in parts):
            self.wrong(key, "须有中文 zh 与英文 en", "needs zh and en")
            return Text("", "")
        return Text(str(parts[0]).strip(), str(parts[1]).strip())

    def day(self, key: str, *, empty: bool = False) -> date | None:
        """Return a day written as ``2025-08-01``."""
        value = self.told.get(key)
        if value is None and empty:
            return None
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            self.wrong(key, '须是日期，如 "2025-08-01"', 'has to be a day, as "2025-08-01"')
            return None

    def mark(self) -> Mark:
        """Return how well something is known; what is wrongly marked counts as not verified."""
        value = self.told.get("mark")
        if value not in set(Mark):
            self.wrong("mark", "须是 V、S、M 或 P", "has to be V, S, M or P")
            return Mark.UNVERIFIED
        return Mark(str(value))

    def items(self, key: str) -> list[Place]:
        """Return the mappings of a list."""
        value = self.told.get(key)
        if not isinstance(value, list) or not value:
            self.wrong(key, "须是非空列表", "has to be a list with something in it")
            return []
        found = []
        for at, each in enumerate(value):
            place = Place(each if isinstance(each, dict) else {}, self.document,
                          (*self.path, key, at), self.faults)  # fmt: skip
            if not isinstance(each, dict):
                self.wrong(key, f"第 {at + 1} 项须是键值", f"item {at + 1} has to be a mapping")
            else:
                found.append(place)
        return found


def whole(document: Document, faults: Faults) -> Place:
    """Return a document as a mapping; anything else counts as an empty one."""
    value = document.value
    return Place(value if isinstance(value, dict) else {}, document, (), faults)


def read_parameters(document: Document, faults: Faults) -> list[Parameter]:
    """Return the parameters of a file, having noted everything that is wrong with it."""
    top = whole(document, faults)
    top.only("parameters")
    return [_parameter(place) for place in top.items("parameters")]


def _parameter(place: Place) -> Parameter:
    place.only("id", "title", "unit", "values")
    unit = place.word("unit")
    if unit and unit not in UNITS:
        place.wrong("unit", f"须是 {'、'.join(UNITS)} 之一", f"has to be one of {', '.join(UNITS)}")
    values = [_value(each, unit) for each in place.items("values")]
    values.sort(key=lambda each: each.since)
    _check_order(values, place)
    return Parameter(place.word("id"), place.both("title"), unit, tuple(values))


def _value(place: Place, unit: str) -> DatedValue:
    place.only("from", "until", "value", "basis", "article", "source", "mark")
    value = place.told.get("value")
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        place.wrong("value", "须是不小于 0 的数", "has to be a number not below 0")
        value = 0
    elif unit == WORKING_DAY and value != int(value):
        place.wrong("value", "工作日须是整数", "working days are whole")
    since, until = place.day("from"), place.day("until", empty=True)
    if since is not None and until is not None and until < since:
        place.wrong("until", "早于 from", "is before its beginning")
    return DatedValue(
        since=since or date.min,
        until=until,
        value=value,
        basis=place.both("basis"),
        article=place.word("article", empty=True),
        source=place.word("source"),
        mark=place.mark(),
    )


def _check_order(values: Sequence[DatedValue], place: Place) -> None:
    for before, after in itertools.pairwise(values):
        if before.until is None or before.until >= after.since:
            place.wrong("values", f"{after.since} 起与前一个值重叠",
                        f"overlap from {after.since} on")  # fmt: skip

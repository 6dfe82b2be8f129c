"""The law pack (规则包): dated parameters, grounds of refusal, which clock is which, and the calendar."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.parameter import (
    WORKING_DAY,
    Mark,
    Parameter,
    Place,
    read_parameters,
    whole,
)
from duokua.lang.yamlfile import load

PACK = "pack.yaml"
GROUNDS = "grounds.yaml"
PARAMETERS = "parameters/"
HOLIDAYS = "tables/holidays.csv"
OVERRIDES = "tables/holidays_override.csv"  # made by hand for a year not in the table yet
_KINDS = ("holiday", "workday")
_HEAD = ["day", "kind", "name", "source"]
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground of refusal (不予提供的理由), and the article that allows it."""

    id: str
    title: Text
    since: date
    until: date | None
    basis: Text
    article: str
    source: str
    mark: Mark

    def holds(self, day: date) -> bool:
        """Tell whether it may be named on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class LawPack:
    """What a pack says; parameters and grounds by id, ``clocks`` from a clock to its parameter."""

    id: str
    title: Text
    version: str
    parameters: Mapping[str, Parameter]
    grounds: Mapping[str, Ground]
    clocks: Mapping[str, str]
    calendar: Calendar

    def clock(self, name: str) -> Parameter | None:
        """Return the parameter of a clock."""
        return self.parameters.get(self.clocks.get(name, ""))


def read_pack(files: Mapping[str, str]) -> LawPack:
    """Read a pack from its files, by their paths within its folder.

    :raises Invalid: naming everything that is wrong, by file and line.
    """
    faults = Faults()
    top = _document(files, PACK, faults)
    top.only("id", "title", "version", "clocks")
    parameters = _parameters(files, faults)
    pack = LawPack(
        id=top.word("id"),
        title=top.both("title"),
        version=top.word("version"),
        parameters=parameters,
        grounds=_grounds(files, faults),
        clocks=_clocks(top, parameters),
        calendar=_calendar(files, faults),
    )
    faults.raise_if_any(Text("规则包有误", "the law pack is wrong"))
    return pack


def _document(files: Mapping[str, str], name: str, faults: Faults) -> Place:
    if name not in files:
        faults.add(name, "缺少这个文件", "the file is missing", "请补上", "add it")
    return whole(load(files.get(name, ""), source=name), faults)


def _parameters(files: Mapping[str, str], faults: Faults) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for name in sorted(files):
        if not (name.startswith(PARAMETERS) and name.endswith(".yaml")):
            continue
        for each in read_parameters(load(files[name], source=name), faults):
            if each.id in found:
                faults.add(f"{name}:1", f"参数“{each.id}”重复", f"{each.id!r} is there twice",
                           "请删去其一", "remove one")  # fmt: skip
            found[each.id] = each
    return found


def _clocks(top: Place, parameters: Mapping[str, Parameter]) -> dict[str, str]:
    told = top.told.get("clocks")
    if not isinstance(told, dict):
        top.wrong("clocks", "须是键值", "has to be a mapping")
        return {}
    for parameter in told.values():
        found = parameters.get(str(parameter))
        if found is None or found.unit != WORKING_DAY:
            top.wrong("clocks", f"中的“{parameter}”不是以工作日计的参数",
                      f"names {parameter!r}, no parameter in working days")  # fmt: skip
    return {str(name): str(parameter) for name, parameter in told.items()}


def _grounds(files: Mapping[str, str], faults: Faults) -> dict[str, Ground]:
    top = _document(files, GROUNDS, faults)
    top.only("grounds")
    found = {}
    for place in top.items("grounds"):
        place.only("id", "title", "from", "until", "basis", "article", "source", "mark")
        id_ = place.word("id")
        if id_ in found:
            place.wrong("id", "重复", "is there twice")
        found[id_] = Ground(
            id=id_,
            title=place.both("title"),
            since=place.day("from") or date.min,
            until=place.day("until", empty=True),
            basis=place.both("basis"),
            article=place.word("article", empty=True),
            source=place.word("source"),
            mark=place.mark(),
        )
    return found


def _calendar(files: Mapping[str, str], faults: Faults) -> Calendar:
    days = {**_table(files, HOLIDAYS, faults), **_table(files, OVERRIDES, faults)}
    return Calendar(
        off=frozenset(d for d, kind in days.items() if kind == "holiday" and _weekday(d)),
        worked=frozenset(d for d, kind in days.items() if kind == "workday" and not _weekday(d)),
        published=frozenset(d.year for d in days),
    )


def _weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _table(files: Mapping[str, str], name: str, faults: Faults) -> dict[date, str]:
    if name not in files:
        return {}
    rows = csv.reader(io.StringIO(files[name]))
    if next(rows, None) != _HEAD:
        faults.add(f"{name}:1", "表头有误", "the head is wrong",
                   f"请用 {','.join(_HEAD)}", f"use {','.join(_HEAD)}")  # fmt: skip
        return {}
    found: dict[date, str] = {}
    for row in rows:
        day = _day(row)
        if day is None or day in found:
            faults.add(f"{name}:{rows.line_num}", "日期或类别有误，或日期重复",
                       "the day or kind is wrong, or the day is there twice",
                       "请写 日期,holiday|workday,名称,来源",
                       "write day,holiday|workday,name,source")  # fmt: skip
        else:
            found[day] = row[1]
    return found


def _day(row: list[str]) -> date | None:
    if len(row) != len(_HEAD) or row[1] not in _KINDS or not row[3]:
        return None
    try:
        return date.fromisoformat(row[0])
    except ValueError:
        return None

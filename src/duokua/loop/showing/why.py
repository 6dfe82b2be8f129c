"""Why a case is there (预警依据): values against thresholds, the clause, the versions, the receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.loop.forms.schema import text_of
from duokua.loop.showing.values import shown
from duokua.loop.values.case import CaseInfo

_NOTHING = Text("", "")
_TOLD_APART = ("value", "threshold", "level", "keep_level")  # under words of their own
_VALUE, _THRESHOLD = Text("判定值", "Value judged"), Text("限值", "Limit")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the reasons: what it is, its value, and a remark."""

    title: Text
    value: Any
    note: Text = _NOTHING


@dataclass(frozen=True, slots=True)
class Clause:
    """What the rule rests on, and how well that is known."""

    text: Text
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of a finding, ready to be shown."""

    reason: Text | None  # where it could not be judged
    values: tuple[Line, ...]
    thresholds: tuple[Line, ...]
    clauses: tuple[Clause, ...]
    versions: tuple[Line, ...]
    receipts: tuple[str, ...]


def why_of(info: CaseInfo, titles: Mapping[str, Text]) -> Why:
    """Return the reasons of a case's newest finding; ``titles`` are those of the data's columns."""
    why = info.why
    reason = why.get("reason")
    values = tuple(
        Line(titles.get(name, Text(name, name)), value)
        for name, value in why.get("values", {}).items()
        if name not in _TOLD_APART
    )
    judged = (Line(_VALUE, why["value"]),) if "value" in why else ()
    return Why(
        text_of(reason.get("text")) if reason else None,
        values + judged,
        _thresholds(why),
        tuple(_clause(each) for each in why.get("clause", ())),
        _versions(why),
        tuple(str(each) for each in why.get("receipts", ())),
    )


def _thresholds(why: Mapping[str, Any]) -> tuple[Line, ...]:
    limit = (Line(_THRESHOLD, why["threshold"]),) if "threshold" in why else ()
    return limit + tuple(_parameter(each) for each in why.get("parameters", ()))


def _parameter(told: Mapping[str, Any]) -> Line:
    """Tell a parameter with since when it holds, where it was read, and how well it is known."""
    value = f"{told['value']:g}" if isinstance(told["value"], float) else str(told["value"])
    unit = str(told.get("unit") or "")
    unit = "" if unit == "1" else unit  # UCUM's word for a mere number
    known = " · ".join(str(told[name]) for name in ("article", "source", "mark") if told.get(name))
    note = Text(f"自 {told['since']} 起 · {known}", f"since {told['since']} · {known}")
    return Line(text_of(told.get("title"), told["id"]), f"{value} {unit}".strip(), note)


def _versions(why: Mapping[str, Any]) -> tuple[Line, ...]:
    data = [
        Line(
            Text(f"数据 {name}", f"Data {name}"),
            Text(f"版本 {each['version']}", f"version {each['version']}"),
            Text(f"截至 {shown(each['as_of'])}", f"as of {shown(each['as_of'])}"),
        )
        for name, each in why.get("data", {}).items()
    ]
    ref = [Line(Text("规则编号", "Rule number"), why["ref"])] if why.get("ref") else []
    judged = [Line(Text("判定时间", "Judged at"), why["judged_at"])] if "judged_at" in why else []
    return (*ref, *judged, *data)


def _clause(told: Mapping[str, Any]) -> Clause:
    return Clause(text_of(told.get("text")), str(told.get("source", "")), str(told.get("mark", "")))

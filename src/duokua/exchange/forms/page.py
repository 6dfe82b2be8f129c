"""What the pages of the forms show: rows of columns, lines to fill in, differences in words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duokua.exchange.forms.interface import (
    MEASURES,
    PARAMETERS,
    InterfaceForm,
    MeasureLine,
    ParameterLine,
)
from duokua.exchange.forms.masks import Choice, mask_choices
from duokua.kernel.errors import Fault
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract
from duokua.lang.interface import Shape
from duokua.lang.predicate import OPS

BLANK_LINES = 2
HIDDEN = "•••"
SHAPES = {
    Shape.PAGE: (
        Text("分页查询", "Page by page"),
        Text("按条件筛选，逐页读取", "filtered, in order"),
    ),
    Shape.LOOKUP: (Text("按键查询", "Look-up"), Text("给出主键，得到一行", "a key gives one row")),
    Shape.VERIFY: (Text("核验", "Verification"), Text("只答是或否", "only yes or no")),
    Shape.CHANGES: (
        Text("变更流", "Change feed"),
        Text("自某版本以来的变化", "what changed since"),
    ),
    Shape.AGGREGATE: (Text("聚合统计", "Aggregate"), Text("按维度分组的数字", "figures by groups")),
}
OPERATORS = {
    "eq": Text("等于", "equals"),
    "ne": Text("不等于", "is not"),
    "ge": Text("不小于", "at least"),
    "le": Text("不大于", "at most"),
    "gt": Text("大于", "more than"),
    "lt": Text("小于", "less than"),
    "prefix": Text("开头是", "begins with"),
}
assert set(OPS) <= set(OPERATORS)  # noqa: S101 - every operator has words
FUNCTIONS = {
    "count": Text("计数", "count"),
    "sum": Text("求和", "sum"),
    "avg": Text("平均", "mean"),
}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column with what the form says of it; ``sample`` is a value that may be shown."""

    column: Column
    shown: bool
    key: bool
    sample: str
    masks: tuple[Choice, ...]
    mask: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line to fill in, and what is wrong with it."""

    at: int
    typed: ParameterLine | MeasureLine
    faults: tuple[Fault, ...]


def column_rows(
    contract: Contract,
    shown: Sequence[str],
    key: Sequence[str],
    typed: Mapping[str, str],
    faults: Mapping[str, list[Fault]],
) -> list[ColumnRow]:
    """Return a row for each column of the dataset."""
    samples = _samples(contract)
    return [
        ColumnRow(
            column=column,
            shown=column.name in shown,
            key=column.name in key,
            sample=samples.get(column.name, "") if contract.may_show(column.name) else HIDDEN,
            masks=tuple(mask_choices(column)),
            mask=typed.get(f"mask_{column.name}", ""),
            faults=(
                *faults.get(f"masks/{column.name}", ()),
                *faults.get(f"columns/{column.name}", ()),
            ),
        )
        for column in contract.columns
    ]


def _samples(contract: Contract) -> dict[str, str]:
    profile = lake.profile_of(contract.id)
    if profile is None:
        return {}
    found: dict[str, str] = {}
    for row in profile.rows:
        for name, value in zip(profile.shown, row, strict=True):
            if value is not None:
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                found.setdefault(name, shown)
    return found


def parameter_lines(form: InterfaceForm, faults: Mapping[str, list[Fault]]) -> list[Line]:
    """Return the parameters that were typed and some lines for more."""
    return _lines(form.parameters, ParameterLine(), PARAMETERS, "parameter", faults)


def measure_lines(form: InterfaceForm, faults: Mapping[str, list[Fault]]) -> list[Line]:
    """Return the measures that were typed and some lines for more."""
    return _lines(form.measures, MeasureLine(), MEASURES, "measure", faults)


def _lines(
    typed: Sequence[ParameterLine | MeasureLine],
    blank: ParameterLine | MeasureLine,
    most: int,
    name: str,
    faults: Mapping[str, list[Fault]],
) -> list[Line]:
    lines = [*typed, *[blank] * BLANK_LINES][:most]
    return [
        Line(at, each, tuple(faults.get(f"{name}_{at}", ()))) for at, each in enumerate(lines, 1)
    ]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference: ``added``, ``gone`` or ``same``."""

    kind: str
    text: str


def difference(old: str, new: str) -> list[DiffLine]:
    """Return the lines of two texts that differ, in their order; empty where none does."""
    kinds = {"+": "added", "-": "gone", " ": "same"}
    told = [
        DiffLine(kinds[line[0]], line[2:])
        for line in difflib.ndiff(old.splitlines(), new.splitlines())
        if line[0] in kinds
    ]
    return told if any(line.kind != "same" for line in told) else []

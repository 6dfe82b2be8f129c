"""Reads and writes the quality rules of an ODCS contract.

``quality`` of the schema object or of a property: ``type: library`` with ``metric`` and its
arguments (``missingValues``, ``validValues``, ``pattern``, ``minimum``, ``maximum``,
``properties``), and ``type: custom`` with ``engine: duokua`` and ``implementation`` of either
``references: dataset.column`` or ``compare: [column, "<=", column]``, beside which the bound stands
too, as the standard has no place for it there. The refresh promise is the
SLA property ``frequency`` with unit ``h`` or ``d``.
"""

from __future__ import annotations

import re
from typing import Any

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.odcs_fields import Fields
from duokua.lang.quality import COMPARISONS, Bound, Dimension, Metric, QualityRule

_HOURS = {"h": 1, "hour": 1, "hours": 1, "d": 24, "day": 24, "days": 24}
_WHOLE_TABLE = (Metric.ROWS, Metric.DUPLICATE)
_DIMENSIONS = {
    Metric.NULL: Dimension.COMPLETENESS,
    Metric.MISSING: Dimension.COMPLETENESS,
    Metric.INVALID: Dimension.CONFORMITY,
    Metric.DUPLICATE: Dimension.UNIQUENESS,
    Metric.ROWS: Dimension.COVERAGE,
    Metric.ORPHAN: Dimension.CONSISTENCY,
    Metric.ORDER: Dimension.CONSISTENCY,
}
_TITLES = {
    Metric.NULL: ("{}不为空", "{} is given"),
    Metric.MISSING: ("{}不缺失", "{} is not missing"),
    Metric.INVALID: ("{}取值有效", "{} is valid"),
    Metric.DUPLICATE: ("{}不重复", "{} is unique"),
    Metric.ROWS: ("行数符合预期", "as many rows as expected"),
    Metric.ORPHAN: ("{}在关联数据集中存在", "{} is known in the other dataset"),
    Metric.ORDER: ("{}前后一致", "{} agree"),
}
_WRONG = (
    "请参照 ODCS：type: library 与 metric，或 type: custom、engine: duokua",
    "see ODCS: type: library with metric, or type: custom with engine: duokua",
)


def read_quality(
    schema: Fields, columns: tuple[Column, ...], faults: Faults
) -> tuple[QualityRule, ...]:
    """Read all quality rules of a schema object and its properties."""
    found = [_Reader(each, None, columns, faults).read() for each in schema.children("quality")]
    for at, place in enumerate(schema.children("properties")):
        column = columns[at].name if at < len(columns) else None
        found += [
            _Reader(each, column, columns, faults).read() for each in place.children("quality")
        ]
    rules = [rule for rule in found if rule]
    for at, rule in enumerate(rules):
        if rule.name in [other.name for other in rules[:at]]:
            faults.add(
                schema.place("quality"),
                f"质量规则“{rule.name}”重名",
                f"the quality rule {rule.name!r} is there twice",
                "请给每条规则不同的 name",
                "give each rule a name of its own",
            )
    return tuple(rules)


def read_refresh(fields: Fields) -> int | None:
    """Return the promised hours between two batches, from ``slaProperties``."""
    for sla in fields.children("slaProperties"):
        if sla.text("property") != "frequency":
            continue
        value, unit = sla.values.get("value"), _HOURS.get(sla.text("unit") or "")
        if isinstance(value, int) and not isinstance(value, bool) and value > 0 and unit:
            return value * unit
        fields.faults.add(
            sla.place(),
            "更新频率应为正整数，单位 h 或 d",
            "the frequency must be a positive whole number of h or d",
            "例如 value: 1, unit: d",
            "for example value: 1, unit: d",
        )
    return None


class _Reader:
    """Reads one quality entry; what does not fit is noted and gives no rule."""

    def __init__(
        self, fields: Fields, column: str | None, columns: tuple[Column, ...], faults: Faults
    ) -> None:
        self.fields, self.column, self.faults = fields, column, faults
        self.bounds: dict[str, Any] = fields.values  # where the bound stands
        self.by_name = {each.name: each for each in columns}
        arguments = fields.values.get("arguments")
        self.arguments: dict[str, Any] = arguments if isinstance(arguments, dict) else {}

    def read(self) -> QualityRule | None:
        fields, before = self.fields, len(self.faults.found)
        kind = fields.text("type") or "library"
        if kind == "text":
            return None  # words for people, nothing to measure
        metric, extra = self._custom() if kind == "custom" else self._library(kind)
        if metric is None:
            return None
        columns = self._columns(metric, extra.pop("columns", ()))
        bound, limits = self._bound()
        dimension = fields.text("dimension")
        rule = QualityRule(
            name=self._name(metric, columns),
            title=self._title(metric, columns),
            dimension=Dimension(dimension) if dimension else _DIMENSIONS[metric],
            metric=metric,
            columns=columns,
            bound=bound,
            limits=limits,
            percent=fields.text("unit") == "percent",
            **extra,
        )
        return rule if len(self.faults.found) == before else None

    def _note(self, zh: str, en: str) -> None:
        self.faults.add(self.fields.place(), zh, en, *_WRONG)

    def _library(self, kind: str) -> tuple[Metric | None, dict[str, Any]]:
        name = self.fields.text("metric")
        if kind != "library" or name not in [str(each) for each in _DIMENSIONS]:
            self._note("不支持这种质量规则", "this kind of quality rule is not supported")
            return None, {}
        metric = Metric(name)
        values = self.arguments.get(
            "missingValues" if metric is Metric.MISSING else "validValues", []
        )
        pattern = self.arguments.get("pattern")
        extra = {
            "values": tuple("" if value is None else str(value) for value in values),
            "pattern": self._pattern(pattern),
            "least": self._number("minimum"),
            "greatest": self._number("maximum"),
            "columns": tuple(self.arguments.get("properties", ())),
        }
        says = (extra["values"], pattern is not None, extra["least"], extra["greatest"])
        if metric is Metric.INVALID and not any(each not in ((), False, None) for each in says):
            self._note("没有说明什么取值有效", "it does not say which values are valid")
        return metric, extra

    def _custom(self) -> tuple[Metric | None, dict[str, Any]]:
        told = self.fields.values.get("implementation")
        if self.fields.text("engine") == "duokua":
            self.bounds = told if isinstance(told, dict) else {}
            match told:
                case {"references": str(target)} if len(target.split(".")) == 2:
                    dataset, _, column = target.partition(".")
                    return Metric.ORPHAN, {"other": (dataset, column)}
                case {"compare": [str(one), str(sign), str(other)]} if sign in COMPARISONS:
                    return Metric.ORDER, {"comparison": sign, "columns": (one, other)}
        self._note("不支持这种质量规则", "this kind of quality rule is not supported")
        return None, {}

    def _columns(self, metric: Metric, named: tuple[str, ...]) -> tuple[str, ...]:
        columns = named or ((self.column,) if self.column else ())
        for name in columns:
            if name not in self.by_name:
                self._note(f"没有列“{name}”", f"there is no column {name!r}")
        if not columns and metric is not Metric.ROWS:
            self._note("没有说明是哪一列", "it does not say which column")
        return columns

    def _bound(self) -> tuple[Bound, tuple[float, ...]]:
        for bound in Bound:
            value = self.bounds.get(bound.value)
            limits = value if isinstance(value, list) else [value]
            numbers = [float(each) for each in limits if isinstance(each, int | float)]
            if len(numbers) == len(limits):
                return bound, tuple(numbers)
        if any(bound.value in self.bounds for bound in Bound):
            self._note("界限应为数字", "the bound must be a number")
        return Bound.BE, (0.0,)

    def _pattern(self, pattern: object) -> str | None:
        if pattern is None:
            return None
        try:
            re.compile(str(pattern))
        except re.error as error:
            self._note(f"pattern 有误：{error}", f"the pattern is wrong: {error}")
        return str(pattern)

    def _number(self, name: str) -> float | None:
        value = self.arguments.get(name)
        return float(value) if isinstance(value, int | float) else None

    def _name(self, metric: Metric, columns: tuple[str, ...]) -> str:
        name = self.fields.text("name") or "_".join([metric.name.lower(), *columns])[:63]
        if not is_word(name):
            self._note(f"规则名“{name}”不是合法标识", f"the rule name {name!r} is no word")
        return name

    def _title(self, metric: Metric, columns: tuple[str, ...]) -> Text:
        given = [self.fields.custom.get(name, (0, None))[1] for name in ("titleZh", "titleEn")]
        if all(isinstance(each, str) and each for each in given):
            return Text(str(given[0]), str(given[1]))
        titles = [self.by_name[name].title for name in columns if name in self.by_name]
        zh, en = _TITLES[metric]
        return Text(
            zh.format("、".join(title.zh for title in titles)),
            en.format(" and ".join(title.en for title in titles)),
        )


def dump_rule(rule: QualityRule) -> dict[str, Any]:
    """Write a rule as ODCS; :func:`read_quality` reads an equal one back."""
    value: dict[str, Any] = {"name": rule.name, "dimension": rule.dimension.value}
    wide = rule.bound in (Bound.BETWEEN, Bound.OUTSIDE)
    bound = {rule.bound.value: list(rule.limits) if wide else rule.limits[0]}
    if rule.other:
        value |= _own({"references": ".".join(rule.other), **bound})
    elif rule.comparison:
        one, other = rule.columns
        value |= _own({"compare": [one, rule.comparison, other], **bound})
    else:
        value |= {"type": "library", "metric": rule.metric.value, **bound}
        if arguments := _arguments(rule):
            value["arguments"] = arguments
    value["unit"] = "percent" if rule.percent else "rows"
    value["customProperties"] = [
        {"property": "titleZh", "value": rule.title.zh},
        {"property": "titleEn", "value": rule.title.en},
    ]
    return value


def _own(implementation: dict[str, Any]) -> dict[str, Any]:
    return {"type": "custom", "engine": "duokua", "implementation": implementation}


def _arguments(rule: QualityRule) -> dict[str, Any]:
    words = "missingValues" if rule.metric is Metric.MISSING else "validValues"
    told = {
        words: list(rule.values) or None,
        "pattern": rule.pattern,
        "minimum": rule.least,
        "maximum": rule.greatest,
        "properties": list(rule.columns) if rule.metric in _WHOLE_TABLE else None,
    }
    return {name: value for name, value in told.items() if value is not None}

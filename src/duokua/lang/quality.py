"""Quality rules (质量规则) of a data contract as frozen values, and how well data keep them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.text import Text


class Dimension(StrEnum):
    """What a rule is about; the words are those of ODCS."""

    COMPLETENESS = "completeness"
    CONFORMITY = "conformity"
    UNIQUENESS = "uniqueness"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCURACY = "accuracy"
    COVERAGE = "coverage"


class Metric(StrEnum):
    """What is counted: rows that break the rule, all rows for ``ROWS``, hours for ``AGE``."""

    NULL = "nullValues"
    MISSING = "missingValues"
    INVALID = "invalidValues"
    DUPLICATE = "duplicateValues"
    ROWS = "rowCount"
    ORPHAN = "orphanValues"  # not found in a column of another dataset
    ORDER = "disorderedValues"  # two columns of one row that contradict each other
    ASIDE = "quarantinedRows"
    AGE = "age"


class Bound(StrEnum):
    """How a measured value is compared; the words are those of ODCS."""

    BE = "mustBe"
    NOT_BE = "mustNotBe"
    ABOVE = "mustBeGreaterThan"
    AT_LEAST = "mustBeGreaterOrEqualTo"
    BELOW = "mustBeLessThan"
    AT_MOST = "mustBeLessOrEqualTo"
    BETWEEN = "mustBeBetween"
    OUTSIDE = "mustNotBeBetween"


COMPARISONS = ("<", "<=", "=", "<>", ">=", ">")
_SIMPLE: dict[Bound, Callable[[float, float], bool]] = {
    Bound.BE: operator.eq,
    Bound.NOT_BE: operator.ne,
    Bound.ABOVE: operator.gt,
    Bound.AT_LEAST: operator.ge,
    Bound.BELOW: operator.lt,
    Bound.AT_MOST: operator.le,
}


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule. ``percent``: the counted rows are compared as a share of all rows, 0–100."""

    name: str
    title: Text
    dimension: Dimension
    metric: Metric
    columns: tuple[str, ...]
    bound: Bound = Bound.BE
    limits: tuple[float, ...] = (0.0,)
    percent: bool = False
    values: tuple[str, ...] = ()  # that mean "missing", or all that are valid
    pattern: str | None = None  # of a valid value, matched whole
    least: float | None = None
    greatest: float | None = None
    other: tuple[str, str] | None = None  # the dataset and column in which values must be found
    comparison: str | None = None  # between the first column and the second

    def holds(self, value: float) -> bool:
        """Tell whether a measured value keeps the rule."""
        if self.bound is Bound.BETWEEN:
            return self.limits[0] <= value <= self.limits[1]
        if self.bound is Bound.OUTSIDE:
            return not self.limits[0] <= value <= self.limits[1]
        return _SIMPLE[self.bound](value, self.limits[0])


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found for a rule: ``bad`` rows of ``rows``, or a plain ``value``."""

    rule: QualityRule
    value: float | None  # None: it could not be measured
    bad: int | None
    rows: int

    @property
    def holds(self) -> bool | None:
        """Whether the rule is kept, ``None`` when that is not known."""
        return None if self.value is None else self.rule.holds(self.value)

    @property
    def part(self) -> float | None:
        """How far the rule is kept, from 0 to 1: a kept one wholly, else its share of good rows."""
        if self.value is None:
            return None
        if self.holds:
            return 1.0
        if self.rule.metric is Metric.AGE:
            return max(0.0, min(1.0, 2 - self.value / self.rule.limits[0]))
        if self.bad is None or not self.rows:
            return 0.0
        return 1 - min(1.0, self.bad / self.rows)


@dataclass(frozen=True, slots=True)
class Score:
    """The quality score (质量评分) of one version of a dataset.

    ``total`` is the mean of the dimensions' means, 0–100; ``None`` when no rule could be judged:
    unknown is never shown as good. ``best`` is the rule whose mending gains most, ``gain`` how many
    points.
    """

    total: float | None
    dimensions: tuple[tuple[Dimension, float], ...]
    measured: tuple[Measured, ...]
    best: Measured | None
    gain: float


def judge(measured: tuple[Measured, ...]) -> Score:
    """Return the score of what was measured."""
    by_dimension: dict[Dimension, list[float]] = {}
    for each in measured:
        if each.part is not None:
            by_dimension.setdefault(each.rule.dimension, []).append(each.part)
    if not by_dimension:
        return Score(None, (), measured, None, 0.0)
    means = {name: 100 * sum(parts) / len(parts) for name, parts in by_dimension.items()}
    total = sum(means.values()) / len(means)
    best, gain = None, 0.0
    for each in measured:
        if each.part is None:
            continue
        peers = len(by_dimension[each.rule.dimension])
        gained = 100 * (1 - each.part) / peers / len(means)
        if gained > gain:
            best, gain = each, gained
    return Score(total, tuple(means.items()), measured, best, gain)

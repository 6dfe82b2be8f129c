"""A law pack as lines (参数表): for its page, its exports and the command line, one shape for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from duokua.kernel.text import Text
from duokua.lang.law_pack import LawPack
from duokua.lang.parameter import MARKS, UNITS, DatedValue, Mark, Parameter

HEAD = (
    "id", "title_zh", "title_en", "value", "unit", "from", "until", "basis_zh", "basis_en",
    "article", "source", "mark", "mark_zh", "mark_en",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One value of one parameter; ``clocks`` are the platform's clocks that run by it."""

    parameter: Parameter
    value: DatedValue
    now: bool
    clocks: tuple[str, ...]

    @property
    def words(self) -> Text:
        """The figure with its unit in words."""
        unit = UNITS[self.parameter.unit]
        return Text(
            f"{self.value.value} {unit.zh}".strip(), f"{self.value.value} {unit.en}".strip()
        )

    @property
    def mark_words(self) -> Text:
        """How well it is known, in words."""
        return MARKS[self.value.mark][0]

    @property
    def advisory(self) -> bool:
        """Tell whether it was not verified, and so must not be taken as law."""
        return self.value.mark is Mark.UNVERIFIED


def lines(pack: LawPack, day: date, *, every: bool = True) -> list[Line]:
    """Return the values of every parameter, or only those that hold on ``day``."""
    return [
        Line(
            parameter,
            value,
            value.holds(day),
            tuple(name for name, id_ in pack.clocks.items() if id_ == parameter.id),
        )
        for parameter in pack.parameters.values()
        for value in parameter.values
        if every or value.holds(day)
    ]


def plain(line: Line) -> dict[str, Any]:
    """Return a line as plain values."""
    value, parameter = line.value, line.parameter
    cells = (
        parameter.id, parameter.title.zh, parameter.title.en, value.value, parameter.unit,
        value.since.isoformat(), value.until.isoformat() if value.until else "",
        value.basis.zh, value.basis.en, value.article, value.source, value.mark.value,
        line.mark_words.zh, line.mark_words.en,
    )  # fmt: skip
    return dict(zip(HEAD, cells, strict=True))

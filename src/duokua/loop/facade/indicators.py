"""Figures of the platform about how cases are handled (闭环指标), by department and pack."""

from __future__ import annotations

from datetime import datetime

from duokua.identity.facade import Person
from duokua.loop.selectors import measures as _measures
from duokua.loop.values.indicator import Measure, MeasureRow

__all__ = ["Measure", "MeasureRow", "measures", "table"]


def measures(
    person: Person, *, pack: str = "", department: str = "", since: datetime, until: datetime
) -> tuple[Measure, ...]:
    """Return the figures of the cases opened in a period that a person may see."""
    return _measures.measures_of(_measures.lives(person, pack, department, since, until))


def table(
    person: Person, by: str, *, pack: str = "", since: datetime, until: datetime
) -> list[MeasureRow]:
    """Return the figures of each department (``by="department"``) or pack (``by="pack"``)."""
    return _measures.by_key(_measures.lives(person, pack, "", since, until), by)

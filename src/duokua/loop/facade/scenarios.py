"""Scenarios for pages: who may open which, the rows of panels, indicators with what is behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.lang.scenario.indicator import Indicator
from duokua.lang.scenario.panel import SOURCES
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.view import Panel
from duokua.loop.actions import panels
from duokua.loop.drawing.rows import EMPTY, FINE, UNKNOWN, Rows, number
from duokua.loop.selectors import scenario as selectors
from duokua.loop.selectors.filled import filled_forms
from duokua.loop.selectors.loop_tables import loop_table
from duokua.loop.selectors.scenario import LastRun, Scenario

__all__ = [
    "Figure",
    "LastRun",
    "Scenario",
    "close_workers",
    "figures",
    "filled_forms",
    "indicator_rows",
    "last_runs",
    "open_findings",
    "panel_rows",
    "scenario",
    "scenarios_of",
    "views_of",
]
last_runs = selectors.last_runs
open_findings = selectors.open_findings
scenario = selectors.scenario
views_of = selectors.views_of
close_workers = panels.close_all


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator as it stands: ``value`` is ``None`` where it cannot be told, and ``why`` says so."""

    indicator: Indicator
    value: float | None
    numerator: float | None
    denominator: float | None
    why: Text
    as_of: datetime | None
    receipts: tuple[str, ...]

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None``: there is none, or no value."""
        target = self.indicator.target
        if target is None or self.value is None:
            return None
        return self.value >= target if self.indicator.direction == "up" else self.value <= target


def scenarios_of(person: Person | None, *, domain: str | None = None) -> list[Scenario]:
    """Return the scenarios that a person may open, of one of the five domains or of all."""
    if person is None:
        return []
    return [
        each
        for each in selectors.scenarios()
        if (domain is None or each.pack.manifest.domain == domain)
        and selectors.roles_of(each, person)
    ]


def panel_rows(
    found: Scenario, panel: Panel, person: Person, *, now: datetime, key: str | None, english: bool
) -> Rows:
    """Return the rows of a panel; ``key`` says which thing the page is about, where it is of one."""
    if panel.source:
        return _of_the_loop(found, panel.source, now, english)
    given = {} if key is None else {"key": key}
    return _run(found, panel.query, panel.tables, now, given)


def _run(
    found: Scenario, query: str, tables: Iterable[str], now: datetime, given: dict[str, str]
) -> Rows:
    more = {name: loop_table(name, found.id) for name in tables if _is_of_the_loop(found, name)}
    return panels.rows_of(
        found.pack, found.client, query, tables, now=now, given=dict(given), more=more
    )


def _is_of_the_loop(found: Scenario, name: str) -> bool:
    return name in LOOP_TABLES and name not in found.pack.contracts


def _of_the_loop(found: Scenario, source: str, now: datetime, english: bool) -> Rows:
    if source == "indicators":
        rows = [_line(each, english) for each in figures(found, now=now)]
    elif source == "cases":
        rows = list(selectors.case_rows(found.id, english))
    else:
        rows = list(selectors.finding_rows(found.id))
    return Rows(SOURCES[source], rows, FINE if rows else EMPTY, now)


def _line(figure: Figure, english: bool) -> dict[str, object]:
    told = figure.indicator
    return {
        "indicator": told.id, "title": told.title.in_("en" if english else "zh"),
        "value": figure.value, "unit": told.unit, "target": told.target, "good": figure.met,
    }  # fmt: skip


def figures(found: Scenario, *, now: datetime) -> list[Figure]:
    """Return every indicator of a scenario as it stands."""
    return [_figure(found, each, now) for each in found.pack.indicators.values()]


def _figure(found: Scenario, told: Indicator, now: datetime) -> Figure:
    above = _run(found, told.numerator, told.tables, now, {})
    below = _run(found, told.denominator, told.tables, now, {}) if told.denominator else None
    for rows in (above, below):
        if rows is not None and rows.state == UNKNOWN:
            return Figure(told, None, None, None, rows.why, None, ())
    numerator = _one(above)
    denominator = _one(below) if below is not None else None
    value, why = numerator, Text("", "")
    if below is not None:
        if not denominator or numerator is None:
            value, why = None, Text("没有可统计的对象", "nothing to count")
        else:
            value = numerator / denominator
    return Figure(told, value, numerator, denominator, why, above.as_of, above.receipts)


def _one(rows: Rows) -> float | None:
    return number(rows.rows[0].get(rows.columns[0])) if rows.rows else None


def indicator_rows(found: Scenario, told: Indicator, *, now: datetime) -> Rows:
    """Return what is behind an indicator."""
    if not told.rows:
        return Rows(state=EMPTY, why=Text("该指标没有明细", "this indicator shows no rows"))
    return _run(found, told.rows, told.tables, now, {})

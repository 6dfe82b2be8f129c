"""Pages of scenarios (场景页面): put together from panels, for whoever has a role in the scenario."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock, environment
from duokua.kernel.clock import district_day
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.view import Panel, View
from duokua.lists.exports import csv_answer
from duokua.loop.drawing.panel import Asked, Beside, Drawn, draw, wording_of
from duokua.loop.drawing.plan import outline
from duokua.loop.drawing.rows import UNKNOWN, Row, Rows, said
from duokua.loop.drawing.table import heads, ordered_rows
from duokua.loop.facade import scenarios as facade
from duokua.loop.forms.schema import Control, controls
from duokua.loop.showing.filled import Filled, lines_of
from duokua.shell.language import active

_EXPORTED = 50_000
_KEY = 200  # letters


@dataclass(frozen=True, slots=True)
class Tab:
    """Panels side by side under one title; a page without tabs has one without a title."""

    title: Text
    panels: tuple[Drawn, ...]


@policy.staff
def scenario(request: HttpRequest, person: Person, pack: str) -> HttpResponseBase:
    """Show the first page of a scenario."""
    found, views = _opened(pack, person)
    first = next((view for view in views if not view.entity), None)
    if first is None:
        return render(request, "loop/scenario_empty.html", {"scenario": found, "views": views})
    return _page(request, person, found, first, views)


@policy.staff
def view(request: HttpRequest, person: Person, pack: str, name: str) -> HttpResponseBase:
    """Show one page of a scenario."""
    found, views = _opened(pack, person)
    return _page(request, person, found, _named(views, name), views)


@policy.staff
def export(
    request: HttpRequest, person: Person, pack: str, name: str, panel: str
) -> HttpResponseBase:
    """Give the rows of a panel as a CSV file, in the order that is asked."""
    found, views = _opened(pack, person)
    shown = _named(views, name)
    told = next((each for each in shown.panels if each.id == panel), None)
    if told is None:
        raise Http404
    now = clock.now()
    beside = _beside(found, now)
    rows = _rows(request, person, found, shown, told, beside)
    _, titles = wording_of(told, beside)
    listed = heads(rows.columns, titles)
    head = [each.title.in_(beside.language) for each in listed]
    body = [
        [said(row.get(each.name)) for each in listed]
        for row in ordered_rows(rows, request.GET.get(f"{told.id}.sort", ""))[:_EXPORTED]
    ]
    return csv_answer(f"{pack}-{name}-{panel}-{district_day(now)}", head, body)


def _opened(pack: str, person: Person) -> tuple[facade.Scenario, list[View]]:
    """Return a scenario; who has no role in it is answered as if there were none."""
    try:
        found = facade.scenario(pack, person)
    except NotFound:
        raise Http404 from None
    return found, facade.views_of(found, person)


def _named(views: list[View], name: str) -> View:
    shown = next((each for each in views if each.id == name), None)
    if shown is None:
        raise Http404
    return shown


def _page(
    request: HttpRequest, person: Person, found: facade.Scenario, shown: View, views: list[View]
) -> HttpResponse:
    now = clock.now()
    beside = _beside(found, now)
    drawn = {
        panel.id: _drawn(request, person, found, shown, panel, beside) for panel in shown.panels
    }
    queried = [each.rows for each in drawn.values() if each.panel.query]
    told = any(rows.rows or rows.state == UNKNOWN for rows in queried)
    if shown.entity and not told:
        raise Http404
    context = {
        "scenario": found,
        "manifest": found.pack.manifest,
        "view": shown,
        "views": [each for each in views if not each.entity],
        "tabs": _tabs(shown, drawn),
        "now": now,
        "key": request.GET.get("key", "")[:_KEY],
        "cases_url": f"/cases/?{urlencode({'scope': 'all', 'pack': found.id})}",
    }
    return render(request, "loop/scenario.html", context)


@policy.staff
def indicators(request: HttpRequest, person: Person, pack: str) -> HttpResponseBase:
    """Show the indicators of a scenario, each with its target and what was counted."""
    found, views = _opened(pack, person)
    now = clock.now()
    context = {
        "scenario": found,
        "manifest": found.pack.manifest,
        "views": [each for each in views if not each.entity],
        "figures": facade.figures(found, now=now),
        "now": now,
    }
    return render(request, "loop/indicators.html", context)


@policy.staff
def indicator(request: HttpRequest, person: Person, pack: str, name: str) -> HttpResponseBase:
    """Show the rows behind an indicator; with ``format=csv`` as a file."""
    found, views = _opened(pack, person)
    told = found.pack.indicators.get(name)
    if told is None:
        raise Http404
    now = clock.now()
    rows = facade.indicator_rows(found, told, now=now)
    panel = Panel("rows", "table", told.title, tables=told.tables)
    if request.GET.get("format") == "csv":
        body = [[said(row.get(each)) for each in rows.columns] for row in rows.rows[:_EXPORTED]]
        return csv_answer(f"{pack}-{name}-{district_day(now)}", list(rows.columns), body)
    drawn = draw(panel, rows, _asked(request, panel, None), _beside(found, now))
    context = {
        "scenario": found,
        "manifest": found.pack.manifest,
        "views": [each for each in views if not each.entity],
        "figure": next(e for e in facade.figures(found, now=now) if e.indicator.id == name),
        "drawn": drawn,
        "panel": panel,
        "now": now,
    }
    return render(request, "loop/indicator.html", context)


def _beside(found: facade.Scenario, now: datetime) -> Beside:
    rings = outline(environment.read().home)
    return Beside(now, active(), rings, found.pack.contracts)


def _drawn(
    request: HttpRequest,
    person: Person,
    found: facade.Scenario,
    shown: View,
    panel: Panel,
    beside: Beside,
) -> Drawn:
    if panel.kind == "form":
        return replace(
            draw(panel, Rows(), Asked(), beside),
            drawing=_form(request, person, found, shown, panel),
        )
    rows = _rows(request, person, found, shown, panel, beside)
    return draw(panel, rows, _asked(request, panel, _opener(found, panel)), beside)


def _asked(request: HttpRequest, panel: Panel, url: Callable[[Row], str] | None) -> Asked:
    page = request.GET.get(f"{panel.id}.page", "1")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
    return Asked(request.GET.get(f"{panel.id}.sort", "")[:80], number, url)


def _rows(
    request: HttpRequest,
    person: Person,
    found: facade.Scenario,
    shown: View,
    panel: Panel,
    beside: Beside,
) -> Rows:
    key = request.GET.get("key", "")[:_KEY] if shown.entity else None
    return facade.panel_rows(
        found, panel, person, now=beside.now, key=key, english=beside.language == "en"
    )


def _opener(found: facade.Scenario, panel: Panel) -> Callable[[Row], str] | None:
    """Return how a row's own page is found: a case's, or that of an entity view."""
    if panel.source == "cases":
        return functools.partial(_case_url)
    name = str(panel.options.get("open", ""))
    target = found.pack.views.get(name)
    if target is None or not target.entity:
        return None
    column = str(panel.options.get("key", target.key))
    base = reverse("scenario_view", args=[found.id, target.id])
    return lambda row: f"{base}?{urlencode({'key': str(row.get(column, ''))})}"


def _case_url(row: Row) -> str:
    return f"/cases/{row['number']}/"


def _tabs(shown: View, drawn: dict[str, Drawn]) -> list[Tab]:
    if not shown.tabs:
        return [Tab(Text("", ""), tuple(drawn.values()))]
    named = {name for _, names in shown.tabs for name in names}
    first = tuple(each for name, each in drawn.items() if name not in named)
    tabs = [Tab(title, tuple(drawn[name] for name in names)) for title, names in shown.tabs]
    return [Tab(Text("", ""), first), *tabs] if first else tabs


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the pack: its fields, and how it was filled in for what the page is about."""

    fields: tuple[Control, ...]
    filled: tuple[Filled, ...]
    about_one: bool


def _form(
    request: HttpRequest, person: Person, found: facade.Scenario, shown: View, panel: Panel
) -> Form:
    name = str(panel.options.get("form"))
    form = found.pack.forms.get(name)
    fields = controls(form.schema) if form else ()
    if not shown.entity:
        return Form(fields, (), False)
    key = request.GET.get("key", "")[:_KEY]
    given = facade.filled_forms(found.pack, name, person, column=shown.key, key=key)
    filled = (Filled(each.number, each.at, each.by, lines_of(each.body, fields)) for each in given)
    return Form(fields, tuple(filled), True)

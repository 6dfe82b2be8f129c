"""The five domains (五大领域) of the home page, and the page of each with its figures."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from duokua.exchange import facade as exchange
from duokua.identity import policy
from duokua.identity.facade import Person, Role, person_of
from duokua.kernel import clock, environment
from duokua.kernel.text import Text
from duokua.loop.facade import scenarios
from duokua.portal.figures import Calls, calls
from duokua.shell.components import Kpi
from duokua.store import facade as store

ICONS = {
    "governing": "office",
    "government": "blocks",
    "economy": "bars",
    "society": "people",
    "law": "law",
}
DAYS = 30
_ROWS = 30  # the most used; the search of the store has them all


@policy.anyone
def domain(request: HttpRequest, word: str) -> HttpResponse:
    """Show the figures of a domain to everybody, its listings to whoever works here."""
    person = person_of(request)
    department = person.department if person else None
    found = next((each for each in store.domains(department) if each.name == word), None)
    if found is None:
        raise Http404
    now = clock.now()
    context = {
        "domain": found,
        "icon_name": ICONS[word],
        "kpis": _kpis(found, now),
        "now": now,
        "rows": _rows(word, person),
        "scenarios": scenarios.scenarios_of(person, domain=word),
    }
    return render(request, "portal/domain.html", context)


def _rows(word: str, person: Person | None) -> list[store.Shown] | None:
    """Return the listings for whoever works here, ``None`` for visitors and residents."""
    if person is None or person.hats == frozenset({Role.CITIZEN}):
        return None
    return store.listings_of_domain(word, person.department, limit=_ROWS)


def _kpis(found: store.Domain, now: datetime) -> list[Kpi]:
    names = exchange.interface_ids(found.datasets)
    counted = calls(environment.read().usage, now, days=DAYS, interfaces=frozenset(names))
    return [
        Kpi(
            Text("数据集", "Datasets"),
            len(found.datasets),
            icon="database",
            note=Text("已上架", "on offer"),
            meaning="#datasets",
        ),
        Kpi(
            Text("数据接口", "Data interfaces"),
            len(names),
            icon="api",
            note=Text("可申请或可调用", "to be asked for or called"),
            meaning="#interfaces",
        ),
        Kpi(
            Text("提供部门", "Departments"),
            len(found.owners),
            icon="building",
            note=Text("至少上架一项", "with one listing at least"),
            meaning="#departments",
        ),
        *_used(counted),
    ]


def _used(counted: Calls) -> list[Kpi]:
    return [
        Kpi(Text("今日调用", "Calls today"), counted.today, icon="gauge", meaning="#calls"),
        Kpi(
            Text("近 30 天调用", "Calls of 30 days"),
            sum(counted.by_day),
            icon="bars",
            meaning="#calls",
            trend=tuple(float(each) for each in counted.by_day),
            trend_title=Text("近 30 天每日调用", "Calls of each of the last 30 days"),
        ),
    ]

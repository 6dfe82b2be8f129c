"""The home page (门户首页): search, five domains and notices for all; what waits for whoever works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from duokua.exchange import facade as exchange
from duokua.identity import policy
from duokua.identity.facade import Person, Role, person_of
from duokua.kernel import clock, environment
from duokua.kernel.text import Text
from duokua.loop.facade import cases, scenarios
from duokua.notify import facade as notify
from duokua.portal.domains import ICONS
from duokua.portal.figures import DAYS, calls
from duokua.portal.receipts import Filter, named, search
from duokua.portal.scope import scopes
from duokua.shell.components import Kpi
from duokua.store import facade as store

_AT_CASES = frozenset((Role.HANDLER, Role.HEAD, Role.COMMAND))
_RECENT = 5
_SCENARIOS = 6
_NOTICES = 4
RECENT = "store_recent"  # in the session: the store notes there what was looked at


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the five domains as the home page shows it."""

    domain: store.Domain
    icon: str


@policy.anyone
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the domains and the notices; what concerns a person to that person."""
    person, now = person_of(request), clock.now()
    department = person.department if person else None
    found = store.domains(department)
    context: dict[str, object] = {
        "tiles": [Tile(each, ICONS[each.name]) for each in found],
        "bulletins": notify.bulletins(now=now, limit=_NOTICES),
        "kpis": [_open_to(kpi, person) for kpi in _kpis(found, now)],
    }
    if person is not None:
        context |= _mine(request, person, now)
    return render(request, "portal/home.html", context)


def _open_to(kpi: Kpi, person: Person | None) -> Kpi:
    """Leave out the address of a list that is not for a person; a visitor is led to the sign-in."""
    refused = person is not None and bool(kpi.url) and not policy.opens(person, kpi.url)
    return replace(kpi, url="") if refused else kpi


def _mine(request: HttpRequest, person: Person, now: datetime) -> dict[str, object]:
    """Return what waits for a person, what they follow and looked at, and the latest calls."""
    told = request.session.get(RECENT)
    ids = [str(each) for each in told][:_RECENT] if isinstance(told, list) else []
    works = person.hats != frozenset({Role.CITIZEN})
    followed = store.followed_listings(person) if works else []
    recent = store.listings_in_order(ids, person.department) if works else []
    return {
        "todos": store.todos(person, now=now),
        "followed": followed,
        "recent": recent,
        "works": works,
        "cases": _cases(person, now) if works else [],
        "scenarios": scenarios.scenarios_of(person)[:_SCENARIOS],
        "suggested": store.suggested_listings(person) if works and not followed + recent else [],
        "receipts": named(search(scopes(person)[0], Filter.of(request), _RECENT)) if works else [],
    }


def _cases(person: Person, now: datetime) -> list[store.Todo]:
    """Return what waits on the workbench; nothing for whoever has no post there."""
    if not person.hats & _AT_CASES:
        return []
    told = cases.counts(person, now=now)
    overdue = Text("本部门超时", "Overdue in my department")
    lines = [
        store.Todo("mine", Text("我的事件", "My cases"), told.mine, "/cases/?scope=mine"),
        store.Todo("team", Text("待领取", "To claim"), told.team, "/cases/?scope=team"),
        store.Todo("overdue", overdue, told.overdue, "/cases/?scope=all&overdue=1", told.overdue),
        store.Todo("verify", Text("待核查", "To verify"), told.to_verify, "/cases/?scope=verify"),
        store.Todo(
            "hand_over", Text("待接收移交", "Hand-overs to answer"), told.hand_overs,
            "/cases/?scope=all",
        ),
    ]  # fmt: skip
    return [line for line in lines if line.count]


def _kpis(found: list[store.Domain], now: datetime) -> list[Kpi]:
    """Return the figures of the whole district; the same for everybody, but own core data."""
    counted = calls(environment.read().usage, now)
    return [
        Kpi(
            Text("已上架数据集", "Datasets on offer"),
            len(frozenset[str]().union(*(each.datasets for each in found))),
            icon="database",
            url="/store/datasets/",
        ),
        Kpi(
            Text("数据接口", "Data interfaces"),
            len(exchange.interface_ids()),
            icon="api",
            url="/store/interfaces/",
        ),
        Kpi(
            Text("提供部门", "Departments"),
            len(frozenset[str]().union(*(each.owners for each in found))),
            icon="building",
        ),
        Kpi(
            Text("今日调用", "Calls today"),
            counted.today,
            icon="gauge",
            url="/receipts/",
            trend=tuple(float(each) for each in counted.by_day),
            trend_title=Text(f"近 {DAYS} 天调用", f"Calls of the last {DAYS} days"),
        ),
    ]

"""The desk (工作台): cases by time left, mine, the team's and all; in batches; as CSV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock, environment
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lang.scenario.level import TITLES, Level
from duokua.lists import asking
from duokua.lists.exports import csv_answer
from duokua.loop.drawing.plan import outline
from duokua.loop.facade import cases as facade
from duokua.loop.facade import desk as kept
from duokua.loop.forms.batch import BATCHED, Done, act_on, read_picks
from duokua.loop.showing.atlas import draw
from duokua.loop.states.case import CaseState
from duokua.loop.values.case import CasePage, CaseRow, Counts

SCOPES = {
    "mine": Text("我的", "Mine"),
    "team": Text("待领取", "To claim"),
    "verify": Text("待核查", "To verify"),
    "all": Text("全部", "All"),
}
SORTS = {
    "due": Text("剩余时间", "Time left"),
    "level": Text("等级", "Level"),
    "changed": Text("最近变动", "Last change"),
}
SHOWN_LEVELS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE, Level.UNKNOWN)
PLAIN = ("q", "pack", "level", "state", "department", "overdue", "sort")
_DONE = "desk_done"  # in the session
_ROWS = 25
_MOST_EXPORTED = 5_000
_EXPORT_ROWS = 500
_HEAD = (
    "number", "title_zh", "title_en", "name", "level", "state", "lead", "opened_at", "due_at",
    "overdue", "reopened", "escalated", "drill", "claimed_by",
)  # fmt: skip


def _asked(request: HttpRequest, person: Person) -> dict[str, str]:
    known = {
        "level": [str(each) for each in SHOWN_LEVELS],
        "state": ("any", *CaseState.values),
        "department": departments(),
        "overdue": ("1",),
        "sort": dict(SORTS),
    }
    asked = {name: asking.choice(request, name, options) for name, options in known.items()}
    scope = asking.choice(request, "scope", dict(SCOPES), _first_scope(person))
    words = {name: asking.words(request, name) for name in ("q", "pack")}
    return asked | words | {"scope": scope}


def _first_scope(person: Person) -> str:
    """Handlers begin with what is theirs, everybody else with all that they see."""
    return "mine" if Role.HANDLER in person.hats else "all"


def _question(asked: dict[str, str]) -> dict[str, str]:
    """Return what the facade is asked: only what was chosen."""
    told = {name: value for name, value in asked.items() if value and name != "scope"}
    more = {"mine": {"mine": "1"}, "team": {"team": "1"}, "verify": {"verify": "1"}}
    return told | more.get(asked["scope"], {})


@policy.staff
def desk(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the cases; act on several; answer whether anything has changed since."""
    now = clock.now()
    if request.method == "POST":
        return _act(request, person, now)
    asked = _asked(request, person)
    if asking.choice(request, "export", ("csv",)):
        return _export(_question(asked), person, now)
    page = facade.page(
        person, _question(asked), after=request.GET.get("after"), limit=_ROWS, now=now
    )
    counts = facade.counts(person, now=now)
    seen = _mark(page, counts, now)
    if request.headers.get("X-Seen") == seen:
        return HttpResponse(status=204)
    context = _context(person, asked, page, now) | {"counts": counts, "seen": seen}
    live = request.headers.get("X-Seen") is not None
    if not live:
        context |= _told(request)
    return render(request, "loop/desk_part.html" if live else "loop/desk.html", context)


def _mark(page: CasePage, counts: Counts, now: datetime) -> str:
    """Return a mark of what the page shows; times left change it every minute."""
    told = [(row.number, row.revision, row.task_revision, row.overdue) for row in page.rows]
    text = repr((told, counts.mine, counts.team, counts.overdue, counts.open, now.minute))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _context(
    person: Person, asked: dict[str, str], page: CasePage, now: datetime
) -> dict[str, Any]:
    instead: tuple[CaseRow, ...] = ()
    if asked["scope"] == "mine" and not page.rows:
        waiting = _question(asked | {"scope": "team"})
        instead = facade.page(person, waiting, after=None, limit=5, now=now).rows
    return {
        "page": page, "rows": page.rows or instead, "instead": bool(instead), "asked": asked,
        "scopes": SCOPES, "sorts": SORTS, "levels": [(e, TITLES[e]) for e in SHOWN_LEVELS],
        "states": CaseState, "packs": kept.packs(), "departments": departments(),
        "filtered": any(asked[name] for name in PLAIN if name != "sort"),
        "saved": kept.views(person), "now": now,
        "atlas": draw(page.rows or instead, outline(environment.read().home)),
        "batched": BATCHED, "batch": any(row.verbs for row in page.rows or instead),
    }  # fmt: skip


def _act(request: HttpRequest, person: Person, now: datetime) -> HttpResponseBase:
    """Act on what was chosen, one after the other, and tell of each what became of it."""
    picks = read_picks(request.POST)
    done = act_on(picks, person, now=now)
    request.session[_DONE] = [[e.number, e.verb, *_both(e.why)] for e in done][:100]
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe and back.startswith("/cases/") else "cases")


def _told(request: HttpRequest) -> dict[str, Any]:
    """Return what became of the last batch; it is told once."""
    done = [
        Done(number, verb, Text(zh, en) if zh else None)
        for number, verb, zh, en in request.session.pop(_DONE, [])
    ]
    return {"done": done, "done_well": sum(each.why is None for each in done)}


def _both(why: Text | None) -> tuple[str, str]:
    return (why.zh, why.en) if why else ("", "")


def _export(question: dict[str, str], person: Person, now: datetime) -> HttpResponseBase:
    rows = [_plain(row) for row in _all(question, person, now)]
    return csv_answer("cases", _HEAD, rows)


def _all(question: dict[str, str], person: Person, now: datetime) -> Iterator[CaseRow]:
    after, told = None, 0
    while told < _MOST_EXPORTED:
        page = facade.page(person, question, after=after, limit=_EXPORT_ROWS, now=now)
        yield from page.rows
        told, after = told + len(page.rows), page.next
        if after is None:
            return


def _plain(row: CaseRow) -> list[object]:
    told: dict[str, object] = {name: getattr(row, name, "") for name in _HEAD}
    told |= {"title_zh": row.title.zh, "title_en": row.title.en, "opened_at": iso(row.opened_at)}
    told["due_at"] = iso(row.due_at) if row.due_at else ""
    told |= {"level": str(row.level), "state": str(row.state)}
    return [told[name] for name in _HEAD]

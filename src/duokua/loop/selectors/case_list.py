"""Lists of cases in keyset pages (事件列表): filtered, sorted by what indexes hold, no counting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.clock import from_iso, iso
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lists.paging import mark, read_mark
from duokua.loop.models import Case, Task
from duokua.loop.selectors.packs import pack_of
from duokua.loop.selectors.rights import Stance, departments_of
from duokua.loop.selectors.seeing import LIVE, narrowed, visible_to
from duokua.loop.states.case import ENDED, TASK_ENDED, TASK_OPEN, CaseState, TaskState
from duokua.loop.values.case import CasePage, CaseRow
from duokua.loop.values.words import both

MOST_ROWS = 500
_SORTS = ("due", "level", "changed")
_TAPS = ("claim", "accept", "control", "verify", "sign", "close")  # what needs no words


def page(
    person: Person, asked: Mapping[str, str], after: str | None, limit: int, now: datetime
) -> CasePage:
    """Return the cases that a person may see and asks for, after a mark."""
    limit = max(1, min(limit, MOST_ROWS))
    sort = asked.get("sort", "")
    sort = sort if sort in _SORTS else _SORTS[0]
    rows = filtered(person, asked, now)
    found = list(_after(rows, sort, after)[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    return CasePage(rows_of(shown, person, now), _mark(sort, shown[-1]) if more else None)


def filtered(person: Person, asked: Mapping[str, str], now: datetime) -> QuerySet[Case]:
    """Return the cases that a person may see and asks for; by default those that are open."""
    rows = visible_to(person)
    state = asked.get("state", "")
    if state in CaseState:
        rows = rows.filter(state=state, live__in=(state not in ENDED,))
    elif state != "any":
        rows = rows.filter(**LIVE)
    for name, column in (("pack", "pack"), ("level", "level"), ("department", "lead")):
        if asked.get(name):
            rows = rows.filter(**{column: asked[name][:64]})
    if asked.get("overdue"):
        rows = rows.filter(rank_at__lt=now)
    if asked.get("q"):
        rows = rows.filter(_words(asked["q"]))
    return _part(rows, person, asked)


def _part(rows: QuerySet[Case], person: Person, asked: Mapping[str, str]) -> QuerySet[Case]:
    """Narrow to what is the person's own, their team's to claim, or theirs to verify."""
    departments = departments_of(person, Role.HANDLER, Role.HEAD)
    if asked.get("mine"):
        mine = Task.objects.filter(claimed_by=person.username, state__in=TASK_OPEN)
        rows = rows.filter(id__in=mine.values("case_id"))
    if asked.get("team"):
        team = Task.objects.filter(department__in=departments, state__in=TASK_OPEN, claimed_by="")
        rows = narrowed(rows, team)
    if asked.get("verify"):
        waiting = Q(state__in=(CaseState.DISPOSED, CaseState.VERIFIED))
        own = Q() if Role.COMMAND in person.hats else Q(owner__in=departments)
        rows = rows.filter(waiting & own)
    return rows


def _words(text: str) -> Q:
    text = text.strip()[:80]
    if "-" in text and text.rsplit("-", 1)[-1].isdecimal():
        return Q(number=text.upper())
    return Q(name__icontains=text) | Q(title_zh__icontains=text) | Q(number__istartswith=text)


def _after(rows: QuerySet[Case], sort: str, after: str | None) -> QuerySet[Case]:
    told = read_mark(after)
    parts = str(told[0]).split("|") if told else []
    place = _place(parts, told[1] if told else "")
    if sort == "changed":
        rows = rows.order_by("-changed_at", "-id")
        if place:
            at, id_ = place[-2:]
            rows = rows.filter(Q(changed_at__lt=at) | Q(changed_at=at, id__lt=id_))
    elif sort == "level":
        rows = rows.order_by("-severity", "rank_at", "id")
        if place and len(place) == 3:
            severity, at, id_ = place
            same = Q(severity=severity) & (Q(rank_at__gt=at) | Q(rank_at=at, id__gt=id_))
            rows = rows.filter(severity__lte=severity).filter(Q(severity__lt=severity) | same)
    else:
        rows = rows.order_by("rank_at", "id")
        if place:
            at, id_ = place[-2:]
            rows = rows.filter(rank_at__gte=at).filter(Q(rank_at__gt=at) | Q(id__gt=id_))
    return rows


def _place(parts: Sequence[str], id_: str) -> list[Any] | None:
    """Read a mark; ``None`` for one that nobody gave out."""
    try:
        at = from_iso(parts[-1])
        return [*(int(each) for each in parts[:-1]), at, int(id_)]
    except (ValueError, IndexError):
        return None


def _mark(sort: str, last: Case) -> str:
    at = iso(last.changed_at if sort == "changed" else last.rank_at)
    return mark(f"{last.severity}|{at}" if sort == "level" else at, str(last.id))


def rows_of(cases: Sequence[Case], person: Person, now: datetime) -> tuple[CaseRow, ...]:
    """Turn cases into lines, each with the reader's own part."""
    tasks: dict[int, list[Task]] = {case.id: [] for case in cases}
    for task in Task.objects.filter(case__in=list(tasks)).order_by("id"):
        tasks[task.case_id].append(task)
    names = identity.departments() if cases else {}
    packs: dict[tuple[str, str], Pack] = {}
    found = []
    for case in cases:
        key = (case.pack, case.version)
        if key not in packs:
            packs[key] = pack_of(*key)
        found.append(row_of(case, tasks[case.id], packs[key], names, person, now))
    return tuple(found)


def row_of(
    case: Case, tasks: Sequence[Task], pack: Pack, names: Mapping[str, Text], person: Person,
    now: datetime,
) -> CaseRow:  # fmt: skip
    """Turn a case into a line."""
    stance = Stance(person, case, tasks, pack)
    mine = own_task(stance)
    told: dict[str, Any] = {}
    if mine is not None:
        told = {"task": mine.id, "task_state": TaskState(mine.state),
                "task_revision": mine.revision, "claimed_by": mine.claimed_by}  # fmt: skip
    verbs = tuple(
        verb
        for verb in _TAPS
        if stance.may(verb, mine) and stance.fits(verb, mine) and not stance.idle(verb, mine)
    )
    return CaseRow(
        number=case.number, pack=case.pack, rule=case.rule,
        title=Text(case.title_zh, case.title_en), name=case.name, subject=case.subject,
        level=Level(case.level), state=CaseState(case.state), state_name=state_name(case, pack),
        lead=case.lead_id, lead_name=names.get(case.lead_id, Text(case.lead_id, case.lead_id)),
        opened_at=case.opened_at, changed_at=case.changed_at, due_at=case.due_at,
        overdue=case.due_at is not None and case.due_at < now and bool(case.live),
        reopened=case.reopened, escalated=case.escalated, drill=case.drill, lon=case.lon,
        lat=case.lat, revision=case.revision, verbs=verbs, **told,
    )  # fmt: skip


def own_task(stance: Stance) -> Task | None:
    """Return the reader's own part: what they have claimed first, then their department's."""
    theirs = [t for t in stance.tasks if t.state not in TASK_ENDED and stance.works(t)]
    order = sorted(
        theirs,
        key=lambda t: (
            t.claimed_by != stance.person.username, t.department_id != stance.person.department,
            t.state == TaskState.WAITING, bool(t.claimed_by), t.id,
        ),
    )  # fmt: skip
    return order[0] if order else None


def state_name(case: Case, pack: Pack) -> Text:
    """Return the scenario's own word for the state of a case, or the platform's."""
    playbook = pack.playbooks.get(case.playbook)
    own = dict(playbook.names) if playbook else {}
    return own.get(str(case.state)) or both(CaseState(case.state))

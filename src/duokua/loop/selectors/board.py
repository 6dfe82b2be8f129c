"""The command board and what a workbench counts (指挥看板): from covering indexes, never row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.loop.models import Task
from duokua.loop.selectors.case_list import rows_of
from duokua.loop.selectors.rights import departments_of
from duokua.loop.selectors.seeing import COUNTED, EVERYWHERE, visible_to
from duokua.loop.states.case import TASK_OPEN, CaseState, TaskState
from duokua.loop.values.case import Board, BoardRow, Counts

_SHOWN = 20
_VERY_MANY, _HOLD, _MOST_HELD = 5_000, timedelta(seconds=10), 500
_HELD: dict[tuple[str, ...], tuple[datetime, list[Any]]] = {}  # of this process


def board(person: Person, now: datetime) -> Board:
    """Return the open cases that a person may see, by department; exercises do not count."""
    rows = visible_to(person).filter(**COUNTED)
    told: dict[str, list[tuple[str, int, int, datetime | None]]] = {}
    grouped = rows.values("lead", "level").annotate(
        many=Count("id"), over=Count("id", filter=Q(rank_at__lt=now)),
        due=Min("rank_at", filter=Q(rank_at__gte=now)),
    ).order_by()  # fmt: skip
    for each in _held(("board", *_whose(person)), grouped, now):
        told.setdefault(each["lead"], []).append(
            (each["level"], each["many"], each["over"], each["due"])
        )
    names, waiting = identity.departments(), _to_accept(person)
    found = [_row(code, parts, names, waiting) for code, parts in told.items()]
    found.sort(key=lambda row: (-row.overdue, -row.open, row.department))
    escalated = rows.filter(escalated__gt=0).order_by("-escalated", "id")
    disputed = rows.filter(id__in=_disputed().values("case_id")).order_by("rank_at", "id")
    return Board(
        rows=tuple(found),
        levels=_sum(row.levels for row in found),
        open=sum(row.open for row in found),
        overdue=sum(row.overdue for row in found),
        escalated=rows_of(list(escalated[:_SHOWN]), person, now),
        disputed=rows_of(list(disputed[:_SHOWN]), person, now),
    )


def _row(
    code: str, parts: list[tuple[str, int, int, datetime | None]], names: Mapping[str, Text],
    waiting: Mapping[str, int],
) -> BoardRow:  # fmt: skip
    dues = [due for *_, due in parts if due is not None and due.year < 9999]
    return BoardRow(
        department=code, name=names.get(code, Text(code, code)),
        levels={Level(level): many for level, many, *_ in parts},
        open=sum(many for _, many, *_ in parts), overdue=sum(over for *_, over, _ in parts),
        to_accept=waiting.get(code, 0), next_due=min(dues, default=None),
    )  # fmt: skip


def _sum(every: Iterable[Mapping[Level, int]]) -> dict[Level, int]:
    found: dict[Level, int] = {}
    for levels in every:
        for level, many in levels.items():
            found[level] = found.get(level, 0) + many
    return found


def _to_accept(person: Person) -> dict[str, int]:
    rows = _tasks(person).filter(state=TaskState.DISPATCHED)
    grouped = rows.values("department").annotate(many=Count("id")).order_by()
    return {each["department"]: each["many"] for each in grouped}


def _tasks(person: Person) -> QuerySet[Task]:
    if person.hats & set(EVERYWHERE):
        return Task.objects.all()
    return Task.objects.filter(department__in=departments_of(person, Role.HANDLER, Role.HEAD))


def _disputed() -> QuerySet[Task]:
    return Task.objects.filter(state=TaskState.DISPUTED)


def _whose(person: Person) -> tuple[str, ...]:
    """Return what decides which cases a person sees."""
    if person.hats & set(EVERYWHERE):
        return ("*",)
    return tuple(sorted(departments_of(person, Role.HANDLER, Role.HEAD)))


def _held(key: tuple[str, ...], grouped: Iterable[Any], now: datetime) -> list[Any]:
    """Return what was counted; of very many cases it is held for some seconds, for all who see them."""
    kept = _HELD.get(key)
    if kept is not None and timedelta(0) <= now - kept[0] < _HOLD:
        return kept[1]
    found = list(grouped)
    if sum(each["many"] for each in found) >= _VERY_MANY:
        if len(_HELD) >= _MOST_HELD:
            _HELD.clear()
        _HELD[key] = (now, found)
    return found


def counts(person: Person, now: datetime) -> Counts:
    """Return what a person's workbench counts."""
    departments = departments_of(person, Role.HANDLER, Role.HEAD)
    team = Task.objects.filter(department__in=departments, state__in=TASK_OPEN)
    rows = visible_to(person).filter(**COUNTED)
    grouped = rows.values("level", "state", "owner").annotate(many=Count("id")).order_by()
    levels: dict[Level, int] = {}
    states: dict[CaseState, int] = {}
    verify = 0
    for each in _held(("counts", *_whose(person)), grouped, now):
        level, state = Level(each["level"]), CaseState(each["state"])
        levels[level] = levels.get(level, 0) + each["many"]
        states[state] = states.get(state, 0) + each["many"]
        own = Role.COMMAND in person.hats or each["owner"] in departments
        verify += each["many"] * (own and state in (CaseState.DISPOSED, CaseState.VERIFIED))
    return Counts(
        mine=Task.objects.filter(claimed_by=person.username, state__in=TASK_OPEN).count(),
        team=team.filter(claimed_by="").count(),
        overdue=team.filter(due_at__lt=now).count(),
        to_verify=verify,
        hand_overs=Task.objects.filter(handed_to__in=departments, state__in=TASK_OPEN)
        .exclude(handed_to="")
        .count(),
        open=sum(levels.values()),
        levels=levels,
        states=states,
    )

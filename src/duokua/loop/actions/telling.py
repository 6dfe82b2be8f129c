"""Telling posts of cases (通知岗位): at once, or after the hours in which a post is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.text import Text
from duokua.lang.scenario.level import SEVERITY, TITLES, Level
from duokua.loop.models import Case, Held, Quiet
from duokua.notify import facade as notify

_WEIGHTS = {
    Level.RED: notify.Weight.ALARM, Level.ORANGE: notify.Weight.ALARM,
    Level.YELLOW: notify.Weight.WARNING, Level.BLUE: notify.Weight.NOTE,
}  # fmt: skip
LINK = "/cases/{number}/"
_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a post of a case; ``cause`` is told once as long as it is so."""

    cause: str
    department: str
    role: str
    title: Text
    body: Text = _NOTHING


def tell(case: Case, notice: Notice, *, now: datetime) -> None:
    """Tell a post within the caller's transaction, or keep it until its quiet hours end.

    An exercise is told as one. Red is always told at once.
    """
    level = Level(case.level)
    title = (
        Text(f"【演练】{notice.title.zh}", f"Exercise: {notice.title.en}")
        if case.drill
        else notice.title
    )
    told = {
        "title": [title.zh, title.en],
        "body": [notice.body.zh, notice.body.en],
        "weight": str(_WEIGHTS.get(level, notify.Weight.WARNING)),
        "link": LINK.format(number=case.number),
    }
    until = quiet_until(notice.department, notice.role, level, now)
    if until is None:
        _send(notice.cause, notice.department, notice.role, told, now)
        return
    Held.objects.update_or_create(
        cause=notice.cause, department=notice.department, role=notice.role,
        defaults={"case": case, "note": told, "tell_at": until},
    )  # fmt: skip


def quiet_until(department: str, role: str, level: Level, now: datetime) -> datetime | None:
    """Return when a post may be told of a level; ``None``: now."""
    if level == Level.RED:
        return None
    row = Quiet.objects.filter(department=department, role=role).first()
    if row is None or SEVERITY[level] >= row.severity:
        return None
    return _end(row.begins, row.ends, now)


def _end(begins: time, ends: time, now: datetime) -> datetime | None:
    local = now.astimezone(SHANGHAI)
    here = local.time()
    over_midnight = begins > ends
    within = (here >= begins or here < ends) if over_midnight else begins <= here < ends
    if not within:
        return None
    day = local.date() + timedelta(days=int(over_midnight and here >= begins))
    return datetime.combine(day, ends, SHANGHAI).astimezone(UTC)


def _send(cause: str, department: str, role: str, told: dict[str, Any], now: datetime) -> None:
    places = [department]
    if role == Role.COMMAND:  # over the whole district: where its people sit
        places = command_departments(now) or places
    for each in places:
        notify.tell(
            notify.Note(
                cause=cause, title=Text(*told["title"]), body=Text(*told["body"]), department=each,
                role=role, weight=notify.Weight(told["weight"]), link=told["link"],
            ),
            now=now,
        )  # fmt: skip


def command_departments(now: datetime) -> list[str]:
    """Return the departments in which somebody holds the district's command."""
    return [
        code
        for code, people in identity.people_by_department(now).items()
        if any(Role.COMMAND in person.hats for person in people)
    ]


def clear(causes: Iterable[str], *, now: datetime) -> None:
    """Note that some causes are no more."""
    causes = list(causes)
    Held.objects.filter(cause__in=causes).delete()
    for cause in causes:
        notify.clear(cause, now=now)


def release(now: datetime, limit: int = 200) -> int:
    """Tell what was kept for quiet hours that are over; return how much."""
    rows = list(Held.objects.filter(tell_at__lte=now).order_by("tell_at", "id")[:limit])
    for row in rows:
        if Held.objects.filter(id=row.id).delete()[0]:
            _send(row.cause, row.department, row.role, row.note, now)
    return len(rows)


def words(case: Case) -> Text:
    """Return what a case is called in a message: its level and title, and no personal value."""
    level = TITLES[Level(case.level)]
    return Text(f"{level.zh}·{case.title_zh}", f"{level.en}: {case.title_en}")

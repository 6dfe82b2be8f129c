"""Quiet hours (免打扰时段) of posts: red is told at any hour, the rest when they are over."""

from __future__ import annotations

from datetime import datetime, time

from duokua.identity.facade import Person
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.loop.actions import quiet as _quiet
from duokua.loop.models import Quiet
from duokua.loop.values.quiet import QuietInfo

__all__ = ["POSTS", "QuietInfo", "may_set", "quiet_hours", "set_quiet"]
POSTS, may_set = _quiet.POSTS, _quiet.may_set


def quiet_hours(department: str) -> list[QuietInfo]:
    """Return the quiet hours of a department's posts."""
    levels = {severity: level for level, severity in SEVERITY.items()}
    rows = Quiet.objects.filter(department=department).order_by("role")
    return [
        QuietInfo(row.role, row.begins, row.ends, levels[row.severity], row.set_by, row.set_at)
        for row in rows
    ]


def set_quiet(
    department: str,
    role: str,
    *,
    begins: time,
    ends: time,
    least: Level,
    person: Person,
    now: datetime,
) -> None:
    """Let a post (handler, head, command) be told of nothing below a level in some hours.

    The same beginning and end: in no hours any more.

    :raises NotAllowed: the person does not head the department.
    :raises Invalid: there is no such post, or it is no level of a warning.
    """
    _quiet.set_quiet(department, role, begins, ends, least, person, now=now)

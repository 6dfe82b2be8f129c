"""Setting the hours in which a post is left alone (免打扰时段)."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Faults, NotAllowed
from duokua.kernel.text import Text
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.loop.models import Quiet

POSTS = (Role.HANDLER, Role.HEAD, Role.COMMAND)
audit.register({"loop.quiet.set": Text("设置免打扰时段", "quiet hours set")})


def may_set(person: Person, department: str, role: str) -> bool:
    """Tell whether a person sets a post's quiet hours: the department's head, or the command its own."""
    commands = role == Role.COMMAND and Role.COMMAND in person.hats
    return commands or person.holds(Role.HEAD, department)


@transaction.atomic
def set_quiet(
    department: str, role: str, begins: time, ends: time, least: Level, person: Person,
    *, now: datetime,
) -> None:  # fmt: skip
    """Let a post be told of nothing below ``least`` in some hours; from ``least`` red: of red only.

    The same beginning and end: in no hours any more.

    :raises NotAllowed: the person does not head the department, nor is of the command for its post.
    :raises Invalid: there is no such post, or no such level to be told of.
    """
    faults = Faults()
    if role not in POSTS:
        faults.add("role", "没有这个岗位", "there is no such post", "请选择岗位", "choose a post")
    if SEVERITY[least] < 1:
        faults.add("least", "不是预警等级", "it is no warning", "请选择等级", "choose a level")
    faults.raise_if_any(Text("免打扰设置有误", "the quiet hours are wrong"))
    if not may_set(person, department, role):
        raise NotAllowed(
            Text("只有部门负责人可以设置", "only the head of the department sets them"),
            Text("请联系部门负责人", "ask the head of the department"),
        )
    rows = Quiet.objects.filter(department=department, role=role)
    if begins == ends:
        rows.delete()
    else:
        Quiet.objects.update_or_create(
            department_id=department, role=role,
            defaults={"begins": begins, "ends": ends, "severity": SEVERITY[least],
                      "set_by": person.username, "set_at": now},
        )  # fmt: skip
    told = {"role": role, "begins": f"{begins:%H:%M}", "ends": f"{ends:%H:%M}", "least": str(least)}
    audit.record("loop.quiet.set", by=person.username, of=department, at=now, detail=told)

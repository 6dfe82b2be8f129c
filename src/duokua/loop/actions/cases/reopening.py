"""Reopening a case (重开): its tasks begin again, and it goes up a rung where the playbook says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duokua.identity.facade import Role
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.lang.scenario.pack import Pack
from duokua.loop.actions.cases.moving import keep, keep_tasks, task_to, to_state
from duokua.loop.actions.cases.opening import tell_tasks
from duokua.loop.actions.clocks.keeping import TASK_KINDS, CaseClocks
from duokua.loop.actions.noting import note
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Case, Task
from duokua.loop.states.case import CaseState, TaskState


def reopen(
    case: Case, pack: Pack, *, by: str, now: datetime, calendar: Calendar, verb: str,
    level: Level | None = None, escalate: bool = True, text: str = "", acting_for: str = "",
    **detail: Any,
) -> None:  # fmt: skip
    """Let a case go on: what was disposed of begins again, with clocks and evidence anew.

    ``level`` is what the rule says now: by verification it may be lower than it was.
    """
    before = case.state
    tasks = list(Task.objects.filter(case=case).order_by("id"))
    playbook = pack.playbooks.get(case.playbook)
    clocks = CaseClocks(case, playbook, calendar)
    to_state(case, CaseState.REOPENED, now)
    if level is not None:
        case.level, case.severity = level, SEVERITY[level]
    case.reopened += 1
    case.verification, case.disposed_at = {}, None
    clocks.void(now)
    begun = _begin_again(tasks, now)
    plays = {play.id: play for play in playbook.tasks} if playbook else {}
    for task in begun:
        clocks.begin(task, plays.get(task.play), TASK_KINDS, now)
    if tasks:
        to_state(case, CaseState.DISPATCHED, now)
    climbs = escalate and (playbook is None or playbook.reopen_escalates)
    case.escalated += climbs
    clocks.keep(tasks)
    keep_tasks(tasks)
    keep(case, now)
    tell_tasks([(case, task) for task in begun], now=now)
    if climbs:
        _tell_up(case, now)
    told = {"from": before, "to": str(case.state), "level": str(case.level), **detail}
    note(case, verb, by=by, now=now, text=text, acting_for=acting_for, escalated=climbs, **told)


def _begin_again(tasks: list[Task], now: datetime) -> list[Task]:
    """Let what was done be done again, in its turn."""
    begun = []
    for task in tasks:
        if task.state not in (TaskState.DISPOSED, TaskState.VOID):
            continue
        if task.state == TaskState.VOID and any(each.state != TaskState.VOID for each in tasks):
            continue
        state = TaskState.DISPATCHED
        if task.after and task.state == TaskState.DISPOSED:
            state = TaskState.WAITING
        task_to(task, state, now)
        task.opened_at, task.disposed_by, task.disposed_at = now, "", None
        if state == TaskState.DISPATCHED:
            begun.append(task)
    return begun


def _tell_up(case: Case, now: datetime) -> None:
    """Tell the head of the lead, and of the gravest the district's command."""
    name = words(case)
    title = Text(f"第 {case.reopened} 次重开：{name.zh}", f"Reopened ({case.reopened}): {name.en}")
    cause = f"loop.reopened:{case.id}:{case.reopened}"
    tell(case, Notice(cause, case.lead_id, str(Role.HEAD), title), now=now)
    if case.severity >= SEVERITY[Level.ORANGE]:
        tell(case, Notice(cause, case.lead_id, str(Role.COMMAND), title), now=now)

"""Raising and lowering the level of a case (预警等级): clocks and tasks go by it at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duokua.identity import facade as identity
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.lang.scenario.pack import Pack
from duokua.loop.actions.cases.moving import keep, keep_tasks
from duokua.loop.actions.cases.opening import (
    concern,
    platform_role,
    resolve,
    task_of,
    tell_tasks,
)
from duokua.loop.actions.clocks.keeping import TASK_KINDS, CaseClocks
from duokua.loop.actions.noting import note
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Case, Task
from duokua.loop.states.case import CaseState, TaskState

_WORKED = (CaseState.DISPATCHED, CaseState.ACCEPTED, CaseState.CONTROLLED)


def raise_level(
    case: Case, level: Level, pack: Pack, *, by: str, now: datetime, calendar: Calendar
) -> None:
    """Raise the level of a case that is held; its clocks go by it, and whoever works on it is told."""
    before = case.level
    tasks = list(Task.objects.filter(case=case).order_by("id"))
    clocks = CaseClocks(case, pack.playbooks.get(case.playbook), calendar)
    set_level(case, level, tasks, clocks, pack, now)
    fresh = _more_tasks(case, tasks, clocks, pack, now) if case.state in _WORKED else []
    clocks.keep(tasks)
    keep_tasks(tasks)
    keep(case, now)
    working = [task for task in tasks if task.state not in _DONE]
    for task in working:
        if task not in fresh:
            cause = f"loop.raised:{case.id}:{level}"
            tell(case, Notice(cause, task.department_id, task.role, words(case)), now=now)
    tell_tasks([(case, task) for task in fresh], now=now)
    told: dict[str, Any] = {"from": before, "level": str(level), "finding": case.finding}
    note(case, "raised", by=by, now=now, **told)


_DONE = (TaskState.WAITING, TaskState.DISPOSED, TaskState.TRANSFERRED, TaskState.VOID)


def set_level(
    case: Case, level: Level, tasks: list[Task], clocks: CaseClocks, pack: Pack, now: datetime
) -> None:
    """Let a case be of another level, in memory, and its clocks go by the limits of that."""
    case.level, case.severity = level, SEVERITY[level]
    playbook = pack.playbooks.get(case.playbook)
    plays = {play.id: play for play in playbook.tasks} if playbook else {}
    clocks.limit_anew(plays, tasks, now)


def _more_tasks(
    case: Case, tasks: list[Task], clocks: CaseClocks, pack: Pack, now: datetime
) -> list[Task]:
    """Begin the tasks that the playbook has from this level on."""
    playbook = pack.playbooks.get(case.playbook)
    known = set(identity.departments())
    there = {task.play for task in tasks}
    fresh = []
    for play in playbook.tasks if playbook else ():
        department = resolve(play.department, case)
        wanted = not play.levels or Level(case.level) in play.levels
        if play.id in there or not wanted or department not in known:
            continue
        role = platform_role(pack, play.role)
        task = task_of(case, play, role, department, False, there, now)
        task.save(force_insert=True)
        concern([(case, department)])
        if task.state == TaskState.DISPATCHED:
            clocks.begin(task, play, TASK_KINDS, now)
            fresh.append(task)
        tasks.append(task)
    return fresh

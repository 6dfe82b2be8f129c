"""Verbs of whoever decides over a case: end it otherwise, suspend, extend, merge, add tasks."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.identity import facade as identity
from duokua.kernel.clock import from_iso, iso
from duokua.kernel.limits import Limit
from duokua.lang.scenario.span import read_span
from duokua.loop.actions.cases.deed import Deed
from duokua.loop.actions.cases.opening import tasks_of
from duokua.loop.actions.clocks.keeping import TASK_KINDS
from duokua.loop.actions.noting import note
from duokua.loop.models import Case, Clock, Rung, Task
from duokua.loop.states.case import CaseState, TaskState

_LONGEST = timedelta(days=366)
_MOST_TITLE = 100


def cannot_judge(deed: Deed) -> None:
    """End a case that cannot be judged (无法判断), for a reason."""
    deed.reason()
    deed.void_tasks()
    deed.move(CaseState.CANNOT_JUDGE)


def false_alarm(deed: Deed) -> None:
    """End a case as a false alarm (误报), for a reason; it counts against the rule's precision."""
    deed.reason()
    deed.void_tasks()
    deed.move(CaseState.FALSE_ALARM)


def merge(deed: Deed) -> None:
    """Merge a case into another (并案), which goes on for both.

    :raises Invalid: there is no such open case, or it is the same.
    """
    number = deed.told("into")
    goal = Case.objects.filter(number=number, live=True, drill=deed.case.drill).first()
    if goal is None or goal.id == deed.case.id:
        raise deed.wrong("into", "没有可并入的未结事件", "there is no such open case to merge into")
    if goal.pack != deed.case.pack and not deed.stance.command:
        raise deed.wrong(
            "into", "只有区级指挥可跨场景并案", "only the command merges across scenarios"
        )
    deed.reason()
    deed.void_tasks()
    deed.case.merged_into = goal.id
    deed.move(CaseState.MERGED)
    deed.detail["into"] = goal.number
    note(goal, "merged_here", by=deed.by, now=deed.now, merged=deed.case.number)


def suspend(deed: Deed) -> None:
    """Suspend a case until an instant (挂起), for a reason: its clocks stand."""
    reason = deed.reason()
    until = _instant(deed)
    deed.case.before = deed.case.state
    deed.case.suspended_until = until
    deed.clocks.stop(reason, deed.now)
    deed.move(CaseState.SUSPENDED)
    deed.detail["until"] = iso(until)


def _instant(deed: Deed) -> datetime:
    told = deed.told("until")
    try:
        until = from_iso(told)
    except ValueError:
        raise deed.wrong("until", "不是时间", "it is no instant with an offset") from None
    if not deed.now < until <= deed.now + _LONGEST:
        raise deed.wrong("until", "须在今后一年之内", "it has to be within a year from now")
    return until


def resume(deed: Deed) -> None:
    """Let a suspended case go on (恢复) where it stood; its clocks run again."""
    deed.clocks.resume(deed.now)
    deed.move(CaseState(deed.case.before))
    deed.case.before, deed.case.suspended_until = "", None


def extend(deed: Deed) -> None:
    """Give a clock more time (延期), once, for a reason, by somebody who does not have the task."""
    reason = deed.reason()
    row = _clock(deed)
    span = read_span(deed.told("span"))
    if span is None:
        raise deed.wrong("span", "时长写法如 2h、3d、5wd", "write it like 2h, 3d or 5wd")
    try:
        deed.clocks.extend(row, Limit(span.amount, span.unit), reason, deed.now)
    except ValueError:
        raise deed.refuse(
            "该时限已延期过，或单位不符", "it was extended before, or is counted otherwise",
            "每个时限只能延期一次；工作日只能延工作日",
            "a limit is extended once; one of working days by working days",
        ) from None  # fmt: skip
    deed.detail |= {"clock": row.kind, "span": str(span), "approver": deed.by}


def _clock(deed: Deed) -> Clock:
    kind = deed.told("clock")
    found = [row for row in deed.clocks.live() if row.kind == kind]
    if deed.task is not None:
        found = [row for row in found if row.task_id == deed.task.id]
    if len(found) != 1:
        raise deed.wrong("clock", "没有这个时限，或须指明任务", "no such clock, or name its task")
    return found[0]


def comment(deed: Deed) -> None:
    """Write something down."""
    deed.reason(1)


def file(deed: Deed) -> None:
    """File a case that was only found (立案)."""
    deed.move(CaseState.FILED)


def dispatch(deed: Deed) -> None:
    """Dispatch a case (派遣) whose playbook could not tell the departments.

    With a field ``department`` that one is the lead, with the playbook's tasks as far as they have
    departments of their own.
    """
    department = deed.told("department")
    known = set(identity.departments())
    if department not in known:
        raise deed.wrong("department", "没有这个部门", "there is no such department")
    tasks = tasks_of(deed.case, deed.pack, known, deed.now, instead=department)
    for task in tasks or [_plain(deed, department, deed.case.title_zh, deed.case.title_en, True)]:
        task.save(force_insert=True)
        deed.tasks.append(task)
        if task.state == TaskState.DISPATCHED:
            deed.clocks.begin(task, deed.plays.get(task.play), TASK_KINDS, deed.now)
            deed.begun.append(task)
    deed.case.lead_id = next(task.department_id for task in deed.tasks if task.lead)
    deed.move(CaseState.DISPATCHED)
    deed.detail["department"] = department


def add_task(deed: Deed) -> None:
    """Give one more department a task (增派), to assist."""
    department = deed.told("department")
    title = deed.told("title")[:_MOST_TITLE]
    if not identity.department_exists(department):
        raise deed.wrong("department", "没有这个部门", "there is no such department")
    task = _plain(deed, department, title, title, False)
    task.save(force_insert=True)
    deed.tasks.append(task)
    deed.clocks.begin(task, None, TASK_KINDS, deed.now)
    deed.begun.append(task)
    deed.detail |= {"department": department, "title": title}


def _plain(deed: Deed, department: str, zh: str, en: str, lead: bool) -> Task:
    return Task(
        case=deed.case, play="", title_zh=zh, title_en=en, department_id=department,
        role="handler", lead=lead, state=TaskState.DISPATCHED, opened_at=deed.now,
        changed_at=deed.now,
    )  # fmt: skip


def acknowledge(deed: Deed) -> None:
    """Tell that one knows of what was escalated (督办回执)."""
    told = deed.told("rung")
    rows = Rung.objects.filter(clock__case=deed.case, acknowledged_at=None)
    row = rows.filter(id=int(told)).first() if told.isascii() and told.isdecimal() else None
    if row is None:
        raise deed.wrong(
            "rung", "没有待回执的督办", "there is nothing of that number to acknowledge"
        )
    row.acknowledged_by, row.acknowledged_at = deed.by, deed.now
    row.save(update_fields=["acknowledged_by", "acknowledged_at"])
    deed.causes.append(f"loop.rung:{row.clock_id}:{row.at_rung}")
    deed.detail |= {"rung": row.at_rung, "told": row.told}

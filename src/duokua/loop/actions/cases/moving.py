"""How a case changes its state: along the table, guarded, and as its tasks say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.loop.models import Case, CaseEvent, Task
from duokua.loop.states.case import CASE_MOVES, ENDED, TASK_MOVES, CaseState, TaskState
from duokua.loop.values.words import both

_GONE = (TaskState.TRANSFERRED, TaskState.VOID)
_KEPT = (
    "level", "severity", "state", "before", "finding", "row", "lead", "live", "changed_at",
    "disposed_at", "closed_at", "due_at", "rank_at", "verification", "suspended_until",
    "merged_into", "reopened", "escalated",
)  # fmt: skip


def to_state(case: Case, state: CaseState, now: datetime) -> None:
    """Let a case be in another state, in memory.

    :raises Conflict: there is no such move.
    """
    here = CaseState(case.state)
    if state == here:
        return
    if state not in CASE_MOVES[here]:
        raise taken(case)
    case.state = state
    ended = state in ENDED
    if ended or case.closed_at is not None:
        case.closed_at = now if ended else None
    case.live = not ended


def task_to(task: Task, state: TaskState, now: datetime) -> None:
    """Let a task be in another state, in memory.

    :raises Conflict: there is no such move.
    """
    if state not in TASK_MOVES[TaskState(task.state)]:
        raise taken(task.case, task)
    task.state, task.changed_at = state, now
    task.revision += 1


def derived(case: Case, tasks: Sequence[Task]) -> CaseState:
    """Return the state of a case that follows from its tasks while they are worked on."""
    alive = [task for task in tasks if task.state not in _GONE]
    lead = next((task for task in alive if task.lead), None)
    if lead is None:
        return CaseState(case.state)
    if all(task.state == TaskState.DISPOSED for task in alive):
        return CaseState.DISPOSED
    if lead.state == TaskState.CONTROLLED:
        return CaseState.CONTROLLED
    if lead.state == TaskState.ACCEPTED:
        return CaseState.ACCEPTED
    if lead.state == TaskState.DISPOSED:  # the others are not: it stays as it was
        return CaseState.CONTROLLED if case.state == CaseState.CONTROLLED else CaseState.ACCEPTED
    return CaseState.DISPATCHED


def keep(case: Case, now: datetime) -> None:
    """Write a case, unless somebody else was first.

    :raises Conflict: somebody was; it tells who.
    """
    case.changed_at = now
    fields = {
        f"{name}_id" if name == "lead" else name: getattr(
            case, f"{name}_id" if name == "lead" else name
        )
        for name in _KEPT
    }
    there = Case.objects.filter(id=case.id, revision=case.revision).update(
        **fields, revision=case.revision + 1
    )
    if not there:
        raise taken(case)
    case.revision += 1


def keep_tasks(tasks: Sequence[Task]) -> None:
    """Write the tasks of a case that is held."""
    Task.objects.bulk_update(
        [task for task in tasks if task.pk],
        ["state", "revision", "claimed_by", "due_at", "opened_at", "changed_at", "disposed_by",
         "disposed_at", "handed_to", "lead", "after"],
    )  # fmt: skip


def taken(case: Case, task: Task | None = None) -> Conflict | NotFound:
    """Return the error that a case, or a task, is not where it would have to be, and by whom."""
    row = Case.objects.filter(id=case.id).first()
    if row is None:
        return NotFound(
            Text("没有这个事件", "there is no such case"), Text("请核对编号", "check its number")
        )
    state = both(CaseState(row.state))
    last = CaseEvent.objects.filter(case=row, task=task.id) if task else None
    last = last if last is not None and last.exists() else CaseEvent.objects.filter(case=row)
    found = last.order_by("-id").first()
    by = found.by if found else "system"
    of = Text("事件", "the case")
    if task is not None:
        here = Task.objects.filter(id=task.id).values_list("state", flat=True).first()
        state, of = both(TaskState(here or task.state)), Text("任务", "the task")
    return Conflict(
        Text(
            f"该{of.zh}现为“{state.zh}”（{by} 办理），不能这样办理",
            f"{of.en} stands at “{state.en}” since an act of {by}; this cannot be done",
        ),
        Text("请刷新页面，查看办理记录", "reload the page and look at its timeline"),
    )

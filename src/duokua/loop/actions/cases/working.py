"""Verbs of whoever has a task: claim, accept, control, dispose, hand over."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lang.scenario.playbook import Asked
from duokua.loop.actions.cases.deed import Deed, clock_causes, posts
from duokua.loop.actions.clocks.keeping import TASK_KINDS
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Evidence, Task
from duokua.loop.states.case import TaskState
from duokua.loop.states.clock import ClockKind


def claim(deed: Deed) -> None:
    """Take a task for oneself (领取), or as head give it to somebody of the department."""
    task = deed.own_task()
    whom = deed.fields.get("person", "").strip() or deed.by
    head = deed.stance.heads(task.department_id)
    if whom != deed.by and not head:
        raise deed.wrong(
            "person", "只有部门负责人可以指派他人", "only the head names somebody else"
        )
    if whom != deed.by and whom not in _handlers(task.department_id, deed.now):
        raise deed.wrong("person", "此人不在该部门", "they are not of that department")
    if task.claimed_by and task.claimed_by != whom and not head:
        raise claimed(task)
    task.claimed_by = whom
    deed.touch(task)
    deed.detail["person"] = whom


def _handlers(department: str, now: datetime) -> set[str]:
    return {each.username for each in identity.people_of(department, now)}


def claimed(task: Task) -> Conflict:
    """Return the error that a colleague has the task."""
    return Conflict(
        Text(f"该任务已由 {task.claimed_by} 领取", f"{task.claimed_by} has claimed the task"),
        Text("请与其联系，或请部门负责人改派", "talk to them, or ask the head to give it to you"),
    )


def accept(deed: Deed) -> None:
    """Accept a task (受理); it is then one's own."""
    task = deed.own_task()
    if task.claimed_by and task.claimed_by != deed.by and not deed.stance.heads(task.department_id):
        raise claimed(task)
    task.claimed_by = task.claimed_by or deed.by
    deed.move_task(task, TaskState.ACCEPTED)
    deed.clocks.end(task, (ClockKind.ACCEPT,), deed.now)
    deed.causes += [f"loop.task:{task.id}", *clock_causes(deed.case, task)]


def control(deed: Deed) -> None:
    """Tell that the danger is under control (管控)."""
    task = deed.own_task()
    deed.move_task(task, TaskState.CONTROLLED)
    deed.clocks.end(task, (ClockKind.CONTROL,), deed.now)


def dispose(deed: Deed) -> None:
    """Tell that a task is disposed of (处置完成), its evidence given.

    :raises Invalid: evidence that the playbook asks for is missing; each at its name.
    """
    task = deed.own_task()
    _note_asked(deed, task)
    missing = missing_of(deed, task)
    if missing:
        zh = "、".join(f"{each.title.zh}（{n}/{each.least}）" for each, n in missing)
        en = ", ".join(f"{each.title.en} ({n}/{each.least})" for each, n in missing)
        raise deed.wrong("evidence", f"缺少证据：{zh}", f"evidence is missing: {en}")
    task.disposed_by, task.disposed_at, task.handed_to = deed.by, deed.now, ""
    deed.move_task(task, TaskState.DISPOSED)
    deed.clocks.end(task, TASK_KINDS, deed.now)
    deed.causes += [f"loop.task:{task.id}", *clock_causes(deed.case, task)]


def _note_asked(deed: Deed, task: Task) -> None:
    """Take the text as the note that the playbook asks for."""
    play = deed.plays.get(task.play)
    for ask in play.asks if play else ():
        if ask.kind == "note" and deed.text:
            Evidence.objects.create(
                id=f"{task.id}-{ask.id}-{task.revision}"[:64], case=deed.case, task=task.id,
                ask=ask.id, kind="note", name=ask.title.zh[:200], media="text/plain",
                body={"text": deed.text}, given_by=deed.by, given_at=deed.now,
            )  # fmt: skip


def missing_of(deed: Deed, task: Task) -> list[tuple[Asked, int]]:
    """Return the asked evidence of which there is too little since the task began, and how much."""
    play = deed.plays.get(task.play)
    rows = Evidence.objects.filter(case=deed.case, task=task.id, given_at__gte=task.opened_at)
    given = Counter(rows.values_list("ask", flat=True))
    asks = play.asks if play else ()
    return [(ask, given[ask.id]) for ask in asks if given[ask.id] < ask.least]


def hand_over(deed: Deed) -> None:
    """Ask another department to take a task over (移交); to one's own: no longer."""
    task = deed.own_task()
    goal = deed.told("department")
    if goal == task.department_id:
        task.handed_to = ""
    elif not identity.department_exists(goal):
        raise deed.wrong("department", "没有这个部门", "there is no such department")
    else:
        deed.reason()
        task.handed_to = goal
        name = words(deed.case)
        title = Text(f"请接收移交：{name.zh}", f"To be taken over: {name.en}")
        notice = Notice(f"loop.hand_over:{task.id}", goal, task.role, title)
        tell(deed.case, notice, now=deed.now)
    deed.touch(task)
    deed.detail["department"] = goal


def accept_hand_over(deed: Deed) -> None:
    """Take a task over from another department."""
    task = deed.own_task()
    hand_to(deed, task, task.handed_to, claimed_by=deed.by)


def refuse_hand_over(deed: Deed) -> None:
    """Refuse to take a task over: the district's command decides (移交争议)."""
    task = deed.own_task()
    deed.reason()
    deed.move_task(task, TaskState.DISPUTED)
    name = words(deed.case)
    title = Text(f"移交争议待裁定：{name.zh}", f"A hand-over to be decided: {name.en}")
    notice = Notice(f"loop.dispute:{deed.case.id}", task.department_id, str(Role.COMMAND), title)
    tell(deed.case, notice, now=deed.now)
    deed.causes.append(f"loop.hand_over:{task.id}")
    deed.detail["department"] = task.handed_to


def decide_hand_over(deed: Deed) -> None:
    """Decide, as the district's command, who has a task that two departments do not want."""
    task = deed.own_task()
    goal = deed.told("department")
    deed.reason()
    if goal not in (task.department_id, task.handed_to):
        raise deed.wrong("department", "请在双方部门中选择", "choose one of the two departments")
    deed.causes.append(f"loop.dispute:{deed.case.id}")
    if goal == task.department_id:
        task.handed_to, task.claimed_by = "", ""
        deed.move_task(task, TaskState.DISPATCHED)
        deed.clocks.begin(task, deed.plays.get(task.play), (ClockKind.ACCEPT,), deed.now)
        deed.begun.append(task)
        deed.detail["department"] = goal
    else:
        hand_to(deed, task, goal)


def hand_to(deed: Deed, task: Task, department: str, claimed_by: str = "") -> None:
    """Let another department have a task; its limits go on, only that of accepting begins anew."""
    new = Task(
        case=deed.case, play=task.play, title_zh=task.title_zh, title_en=task.title_en,
        department_id=department, role=task.role, lead=task.lead, after=task.after,
        state=TaskState.DISPATCHED, claimed_by=claimed_by, opened_at=task.opened_at,
        changed_at=deed.now,
    )  # fmt: skip
    new.save(force_insert=True)
    deed.move_task(task, TaskState.TRANSFERRED)
    deed.clocks.end(task, (ClockKind.ACCEPT,), deed.now)
    deed.clocks.carry(task, new)
    deed.clocks.begin(new, deed.plays.get(task.play), (ClockKind.ACCEPT,), deed.now)
    task.handed_to, was_lead, task.lead = "", task.lead, False
    if was_lead:
        deed.case.lead_id = department
    deed.tasks.append(new)
    deed.begun.append(new)
    deed.causes += [f"loop.hand_over:{task.id}", f"loop.task:{task.id}"]
    deed.detail |= {"department": department, "task_now": new.id}


__all__ = [
    "accept", "accept_hand_over", "claim", "control", "decide_hand_over", "dispose", "hand_over",
    "missing_of", "posts", "refuse_hand_over",
]  # fmt: skip

"""What a person may do with a case now, and what each verb asks for."""

from __future__ import annotations

from collections.abc import Mapping

from duokua.kernel.text import Text
from duokua.loop.models import Clock, Rung, Task
from duokua.loop.selectors.rights import Stance, departments_of
from duokua.loop.states.clock import ClockKind
from duokua.loop.values.acting import title_of
from duokua.loop.values.case import FieldInfo, VerbInfo
from duokua.loop.values.words import both

_TASK_VERBS = ("claim", "accept", "control", "evidence", "dispose", "hand_over",
               "accept_hand_over", "refuse_hand_over", "decide_hand_over")  # fmt: skip
_CASE_VERBS = ("file", "dispatch", "verify", "sign", "close", "reopen", "suspend", "resume",
               "merge", "cannot_judge", "false_alarm", "add_task", "comment", "drill")  # fmt: skip
_MUST = ("hand_over", "refuse_hand_over", "decide_hand_over", "reopen", "suspend", "merge",
         "cannot_judge", "false_alarm", "extend", "comment")  # fmt: skip
_MAY = ("dispose", "control", "verify", "close", "sign", "accept")
_DEPARTMENT = FieldInfo("department", Text("部门", "Department"), "department")
_FIELDS: dict[str, tuple[FieldInfo, ...]] = {
    "dispatch": (_DEPARTMENT,),
    "hand_over": (_DEPARTMENT,),
    "add_task": (_DEPARTMENT, FieldInfo("title", Text("任务", "Task"), "text")),
    "suspend": (FieldInfo("until", Text("挂起至", "Until"), "instant"),),
    "merge": (FieldInfo("into", Text("并入事件", "Into case"), "case"),),
}


def verbs_of(
    stance: Stance, clocks: list[Clock], rungs: list[Rung], names: Mapping[str, Text]
) -> tuple[VerbInfo, ...]:
    """Return every verb that the person may do now."""
    found: list[VerbInfo] = []
    for task in stance.tasks:
        found += _of_task(stance, task, names)
    for verb in _CASE_VERBS:
        if stance.may(verb) and stance.fits(verb):
            found.append(VerbInfo(verb, title_of(verb), None, _text(verb), _FIELDS.get(verb, ())))
    found += _extensions(stance, clocks)
    found += _acknowledgements(stance, rungs)
    return tuple(found)


def _text(verb: str) -> str:
    return "must" if verb in _MUST else "may" if verb in _MAY else "no"


def _of_task(stance: Stance, task: Task, names: Mapping[str, Text]) -> list[VerbInfo]:
    found = []
    for verb in _TASK_VERBS:
        if not (stance.may(verb, task) and stance.fits(verb, task)) or stance.idle(verb, task):
            continue
        fields = _FIELDS.get(verb, ())
        if verb == "decide_hand_over":
            both_ = (task.department_id, task.handed_to)
            options = tuple((code, names.get(code, Text(code, code))) for code in both_)
            fields = (FieldInfo("department", _DEPARTMENT.title, "department", True, options),)
        if verb == "claim" and stance.heads(task.department_id):
            fields = (FieldInfo("person", Text("指派给", "Give to"), "person", False),)
        found.append(VerbInfo(verb, title_of(verb), task.id, _text(verb), fields))
    return found


def _extensions(stance: Stance, clocks: list[Clock]) -> list[VerbInfo]:
    """Return what may be extended: each clock once, task by task."""
    by_task: dict[int | None, list[Clock]] = {}
    for clock in clocks:
        if clock.ended_at is None and not clock.timer.get("extension"):
            by_task.setdefault(clock.task_id, []).append(clock)
    tasks = {task.id: task for task in stance.tasks}
    found = []
    for task_id, rows in by_task.items():
        task = tasks.get(task_id) if task_id else None
        if stance.may("extend", task) and stance.fits("extend", task):
            options = tuple((row.kind, both(ClockKind(row.kind))) for row in rows)
            fields = (
                FieldInfo("clock", Text("时限", "Limit"), "clock", True, options),
                FieldInfo("span", Text("延长", "By"), "span"),
            )
            found.append(VerbInfo("extend", title_of("extend"), task_id, "must", fields))
    return found


def _acknowledgements(stance: Stance, rungs: list[Rung]) -> list[VerbInfo]:
    """Return what was escalated to a post of the person and is not acknowledged."""
    found = []
    for rung in rungs:
        if rung.acknowledged_at is None and told_to(stance, rung):
            options = ((str(rung.id), Text(rung.told, rung.told)),)
            fields = (FieldInfo("rung", Text("督办", "Escalation"), "text", True, options),)
            found.append(VerbInfo("acknowledge", title_of("acknowledge"), None, "may", fields))
    return found


def told_to(stance: Stance, rung: Rung) -> bool:
    """Tell whether an escalation went to a post of the person."""
    department, _, role = rung.told.rpartition("/")
    if role == "command":
        return stance.command
    return department in departments_of(
        stance.person, *(r for r in stance.person.hats if str(r) == role)
    )

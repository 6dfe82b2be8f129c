"""What somebody is about to do with a case: all that a verb needs, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, Fault, Invalid, NotAllowed
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Playbook, PlayTask
from duokua.loop.actions.cases.moving import derived, keep, keep_tasks, task_to, to_state
from duokua.loop.actions.cases.opening import concern, resolve, tell_tasks
from duokua.loop.actions.clocks.keeping import TASK_KINDS, CaseClocks
from duokua.loop.actions.noting import note
from duokua.loop.actions.telling import Notice, clear, tell, words
from duokua.loop.models import Case, Clock, Rung, Task
from duokua.loop.selectors.rights import Stance, departments_of
from duokua.loop.states.case import CaseState, TaskState
from duokua.loop.states.clock import ClockKind

_WORKED = (CaseState.DISPATCHED, CaseState.ACCEPTED, CaseState.CONTROLLED)
_GONE = (TaskState.TRANSFERRED, TaskState.VOID)


class Again(Protocol):
    """What a rule says of a subject when it is asked again."""

    @property
    def level(self) -> Level:
        """The level of now; none: it does not fire."""

    @property
    def row(self) -> Mapping[str, Any]:
        """The rule's row, empty where it has none."""

    @property
    def receipts(self) -> tuple[str, ...]:
        """Receipts of what was read."""


@dataclass(slots=True)
class Deed:
    """A verb in the hands of a person, on a case that is locked."""

    case: Case
    tasks: list[Task]
    pack: Pack
    clocks: CaseClocks
    person: Person
    verb: str
    now: datetime
    task: Task | None = None
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    again: Again | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    begun: list[Task] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)  # that are no more
    noted: bool = False  # the verb has noted itself

    @property
    def stance(self) -> Stance:
        """How the person stands to the case."""
        return Stance(self.person, self.case, self.tasks, self.pack)

    @property
    def playbook(self) -> Playbook | None:
        """The playbook of the case."""
        return self.pack.playbooks.get(self.case.playbook)

    @property
    def plays(self) -> dict[str, PlayTask]:
        """The playbook's tasks by id."""
        return {play.id: play for play in self.playbook.tasks} if self.playbook else {}

    @property
    def by(self) -> str:
        """Who does it."""
        return self.person.username

    @property
    def acting_for(self) -> str:
        """Whose post they hold by delegation, where it is not their own."""
        department = self.task.department_id if self.task else self.case.lead_id
        roles = (Role.HANDLER, Role.HEAD) if not self.stance.command else ()
        if any(department == self.person.department and r in self.person.roles for r in roles):
            return ""
        found = (self.person.acts_for(role, department) for role in roles)
        return next((each.for_person for each in found if each), "")

    def own_task(self) -> Task:
        """Return the task that the verb is about.

        :raises Invalid: none was named.
        """
        if self.task is None:
            raise _invalid("task", Text("未指明任务", "no task is named"),
                           Text("请选择一项任务", "choose a task"))  # fmt: skip
        return self.task

    def reason(self, least: int = 2) -> str:
        """Return the reason.

        :raises Invalid: there is none.
        """
        if len(self.text) < least:
            raise _invalid("text", Text("请说明理由", "a reason is needed"),
                           Text("请填写", "write it"))  # fmt: skip
        return self.text

    def told(self, name: str) -> str:
        """Return what a field says.

        :raises Invalid: it is empty.
        """
        value = self.fields.get(name, "").strip()
        if not value:
            raise _invalid(name, Text("请填写此项", "this is needed"), Text("请填写", "fill it in"))
        return value

    def wrong(self, name: str, zh: str, en: str) -> Invalid:
        """Return the error that a field is wrong."""
        return _invalid(name, Text(zh, en), Text("请更正", "mend it"))

    def refuse(self, zh: str, en: str, mend_zh: str, mend_en: str) -> Conflict:
        """Return the error that it cannot be done now."""
        return Conflict(Text(zh, en), Text(mend_zh, mend_en))

    def move(self, state: CaseState) -> None:
        """Let the case be in another state."""
        to_state(self.case, state, self.now)

    def move_task(self, task: Task, state: TaskState) -> None:
        """Let a task be in another state."""
        task.case = self.case
        task_to(task, state, self.now)

    def touch(self, task: Task) -> None:
        """Note that a task was changed without being moved."""
        task.revision += 1
        task.changed_at = self.now

    def void_tasks(self) -> None:
        """Let what is not done be no longer needed, with its clocks."""
        for task in self.tasks:
            if task.state not in (*_GONE, TaskState.DISPOSED):
                self.move_task(task, TaskState.VOID)
        self.clocks.void(self.now)
        self.forget()

    def forget(self) -> None:
        """Let every message of the case be cleared."""
        self.causes += [f"loop.task:{task.id}" for task in self.tasks]
        self.causes += clock_causes(self.case)
        self.causes += [f"loop.verify:{self.case.id}", f"loop.dispute:{self.case.id}"]


def clock_causes(case: Case, task: Task | None = None) -> list[str]:
    """Return the causes of what was told of a case's clocks, or of those of a task."""
    rows = Clock.objects.filter(case=case)
    rungs = Rung.objects.filter(clock__case=case)
    if task is not None:
        rows, rungs = rows.filter(task=task), rungs.filter(clock__task=task)
    told = rows.filter(warned__gt=0).values_list("id", flat=True)
    found = [f"loop.clock:{clock}:{at}" for clock in told for at in (50, 80, 100)]
    return found + [f"loop.rung:{c}:{at}" for c, at in rungs.values_list("clock_id", "at_rung")]


def _invalid(where: str, what: Text, mend: Text) -> Invalid:
    return Invalid(what, mend, faults=(Fault(where, what, mend),))


def not_allowed() -> NotAllowed:
    """Return the error that a person may not do it."""
    return NotAllowed(
        Text("您不能办理此事项", "you may not do this"),
        Text(
            "请联系承办部门或区级指挥", "ask the department that has it, or the district's command"
        ),
    )


def settle(deed: Deed) -> None:
    """End a deed: begin what is next, let the case follow its tasks, write, tell and note."""
    case = deed.case
    if case.state in _WORKED:
        _begin_next(deed)
        before = CaseState(case.state)
        after = derived(case, deed.tasks)
        deed.move(after)
        if after == CaseState.DISPOSED and before != after:
            _disposed(deed)
    concern((case, task.department_id) for task in deed.tasks)
    concern((case, task.handed_to) for task in deed.tasks if task.handed_to)
    deed.clocks.keep(deed.tasks)
    keep_tasks(deed.tasks)
    keep(case, deed.now)
    clear(deed.causes, now=deed.now)
    tell_tasks([(case, task) for task in deed.begun], now=deed.now)
    if not deed.noted:
        note(
            case, deed.verb, by=deed.by, now=deed.now, task=deed.task.id if deed.task else None,
            text=deed.text, acting_for=deed.acting_for, **deed.detail,
        )  # fmt: skip


def _begin_next(deed: Deed) -> None:
    """Begin the tasks whose turn has come."""
    open_plays = {
        task.play for task in deed.tasks if task.state not in (TaskState.DISPOSED, *_GONE)
    }
    for task in deed.tasks:
        if task.state == TaskState.WAITING and not open_plays & set(task.after):
            deed.move_task(task, TaskState.DISPATCHED)
            task.opened_at = deed.now
            deed.clocks.begin(task, deed.plays.get(task.play), TASK_KINDS, deed.now)
            deed.begun.append(task)


def _disposed(deed: Deed) -> None:
    """Everything is disposed of: it is the owner's turn to verify."""
    case = deed.case
    case.disposed_at = deed.now
    sign = deed.playbook.verify.sign if deed.playbook else ()
    known = identity.departments() if sign else {}
    to_sign = [each for each in (resolve(code, case) for code in sign) if each in known]
    case.verification = {"to_sign": to_sign} if to_sign else {}
    concern((case, department) for department in to_sign)
    deed.clocks.begin(None, None, (ClockKind.VERIFY,), deed.now)
    name = words(case)
    title = Text(f"待核查：{name.zh}", f"To be verified: {name.en}")
    role = str(Role.HANDLER)
    tell(case, Notice(f"loop.verify:{case.id}", case.owner_id, role, title), now=deed.now)


def posts(person: Person) -> list[str]:
    """Return the departments in which a person handles or heads."""
    return departments_of(person, Role.HANDLER, Role.HEAD)

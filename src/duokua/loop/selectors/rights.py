"""Who may do what with a case (办理权限): by default nobody anything.

Handlers and heads of a task's department work on it, and what a role of the pack may do holds for
handlers. Heads of the lead's and the owner's department decide; the district's command decides
everywhere. The pack's owner verifies, and whoever disposed of a task never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duokua.identity.facade import Person, Role
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import PlayTask
from duokua.loop.models import Case, Task
from duokua.loop.states.case import CaseState, TaskState

WORK = ("claim", "accept", "control", "dispose", "hand_over", "evidence")
# What a role of a pack says of it, where that is another word.
_GRANT = {"claim": "accept", "hand_over": "transfer", "evidence": "dispose", "sign": "verify",
          "add_task": "dispatch", "close": "verify"}  # fmt: skip
_DECIDED = ("merge", "suspend", "resume", "cannot_judge", "false_alarm", "reopen")
_LEADING = ("file", "dispatch", "add_task")
_GONE = (TaskState.TRANSFERRED, TaskState.VOID)


def departments_of(person: Person, *roles: Role) -> list[str]:
    """Return for which departments a person holds one of some posts, delegated ones too."""
    found = [person.department] if person.roles & set(roles) else []
    found += [each.department for each in person.acting if each.role in roles]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Stance:
    """How a person stands to a case."""

    person: Person
    case: Case
    tasks: Sequence[Task]
    pack: Pack

    @property
    def command(self) -> bool:
        """Tell whether they are of the district's command."""
        return Role.COMMAND in self.person.hats

    def heads(self, department: str) -> bool:
        """Tell whether they head a department."""
        return self.person.holds(Role.HEAD, department)

    def works(self, task: Task) -> bool:
        """Tell whether a task is one of their post's."""
        if task.role == Role.COMMAND and self.command:
            return True
        department = task.department_id
        return self.heads(department) or self.person.holds(Role(task.role), department)

    @property
    def decides(self) -> bool:
        """Tell whether they decide over the whole case."""
        return self.command or self.heads(self.case.lead_id) or self.heads(self.case.owner_id)

    @property
    def sees(self) -> bool:
        """Tell whether they may know of the case."""
        if self.command or Role.AUDITOR in self.person.hats:
            return True
        posts = departments_of(self.person, Role.HANDLER, Role.HEAD)
        there = {self.case.owner_id, self.case.lead_id, *self.signing}
        there |= {task.department_id for task in self.tasks} | {t.handed_to for t in self.tasks}
        return bool(there & set(posts))

    @property
    def signing(self) -> tuple[str, ...]:
        """Departments that have to sign as well."""
        return tuple(self.case.verification.get("to_sign", ()))

    @property
    def disposed(self) -> bool:
        """Tell whether they, or whom they act for, disposed of a task of the case."""
        who = {task.disposed_by for task in self.tasks if task.disposed_by}
        same = {self.person.username} | {each.for_person for each in self.person.acting}
        return bool(who & same)

    def can(self, verb: str, task: Task | None = None) -> bool:
        """Tell whether the pack lets handlers do it: a role says nothing, or names the verb."""
        roles = [each for each in self.pack.manifest.roles if each.role == Role.HANDLER]
        play = self._play(task)
        if play is not None:
            roles = [each for each in roles if each.id == play.role] or roles
        told = [each for each in roles if each.can]
        return not told or any(_GRANT.get(verb, verb) in each.can for each in told)

    def _play(self, task: Task | None) -> PlayTask | None:
        playbook = self.pack.playbooks.get(self.case.playbook)
        tasks = playbook.tasks if playbook and task else ()
        return next((each for each in tasks if task and each.id == task.play), None)

    def controls(self, task: Task | None) -> bool:
        """Tell whether the playbook sets a limit for first control: else that is no step of its own."""
        play, playbook = self._play(task), self.pack.playbooks.get(self.case.playbook)
        own = dict(play.limits) if play else {}
        of_level = playbook.limit(Level(self.case.level), "control") if playbook else None
        return "control" in own or of_level is not None

    def idle(self, verb: str, task: Task | None) -> bool:
        """Tell whether a verb is of no use: one's own task is claimed, or no limit is set for control."""
        if verb == "control":
            return not self.controls(task)
        if verb != "claim" or task is None or not task.claimed_by:
            return False
        return not self.heads(task.department_id) or task.claimed_by == self.person.username

    def may(self, verb: str, task: Task | None = None) -> bool:
        """Tell whether they may do it at all, whatever the case's state."""
        if verb in WORK:
            return task is not None and self._may_work(verb, task)
        if verb in ("accept_hand_over", "refuse_hand_over"):
            posts = departments_of(self.person, Role.HANDLER, Role.HEAD)
            return task is not None and bool(task.handed_to) and task.handed_to in posts
        if verb == "decide_hand_over":
            return self.command
        if verb in ("verify", "close"):
            return self._may_verify(verb) and not (verb == "verify" and self.disposed)
        if verb == "sign":
            posts = departments_of(self.person, Role.HANDLER, Role.HEAD)
            return bool(set(self.signing) & set(posts)) and not self.disposed
        return self._may_decide(verb, task)

    def _may_work(self, verb: str, task: Task) -> bool:
        if self.heads(task.department_id):
            return True
        mine = task.claimed_by in ("", self.person.username) or verb == "claim"
        return mine and self.works(task) and (self.command or self.can(verb, task))

    def _may_verify(self, verb: str) -> bool:
        if self.command or self.heads(self.case.owner_id):
            return True
        return self.person.holds(Role.HANDLER, self.case.owner_id) and self.can(verb)

    def _may_decide(self, verb: str, task: Task | None) -> bool:
        if verb == "false_alarm" and self.case.level == Level.RED:
            return self.command
        if verb in ("reopen",) and self._may_verify("verify"):
            return True
        if verb in _DECIDED:
            return self.decides
        if verb in _LEADING:
            own = self.person.holds(Role.HANDLER, self.case.owner_id) and self.can(verb)
            return self.decides or own
        if verb == "extend":
            return self._may_extend(task)
        if verb == "comment":
            return self.sees and bool(self.person.hats - {Role.AUDITOR})
        if verb == "drill":
            return self.command or self.heads(self.case.owner_id)
        return (
            verb == "acknowledge"
            and self.sees
            and bool(self.person.hats & {Role.HEAD, Role.COMMAND, Role.HANDLER})
        )

    def _may_extend(self, task: Task | None) -> bool:
        """Nobody gives themselves more time."""
        if task is not None and task.claimed_by == self.person.username:
            return False
        return self.decides or (task is not None and self.heads(task.department_id))

    def fits(self, verb: str, task: Task | None = None) -> bool:
        """Tell whether it can be done in the state that the case and the task are in."""
        state = CaseState(self.case.state)
        if state == CaseState.SUSPENDED:
            return verb in ("resume", "comment", "acknowledge")
        if verb in _TASK_FITS:
            return bool(self.case.live) and task is not None and _task_fits(verb, task)
        if verb == "extend":
            return bool(self.case.live)
        if verb in ("verify", "sign"):
            verified = bool(self.case.verification.get("by"))
            return state == CaseState.DISPOSED and verified == (verb == "sign")
        if verb == "drill":
            return not self.case.drill
        return verb in ("comment", "acknowledge") or state in _CASE_FITS.get(verb, ())


_C, _T = CaseState, TaskState
_TASK_FITS = {
    "claim": (_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED),
    "accept": (_T.DISPATCHED,),
    "control": (_T.ACCEPTED,),
    "dispose": (_T.ACCEPTED, _T.CONTROLLED),
    "evidence": (_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED),
    "hand_over": (_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED),
    "accept_hand_over": (_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED),
    "refuse_hand_over": (_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED),
    "decide_hand_over": (_T.DISPUTED,),
}
_ENDABLE = (_C.FOUND, _C.FILED, _C.DISPATCHED, _C.ACCEPTED, _C.CONTROLLED)
_CASE_FITS: dict[str, tuple[CaseState, ...]] = {
    "file": (_C.FOUND,),
    "dispatch": (_C.FILED,),
    "close": (_C.VERIFIED,),
    "reopen": (_C.DISPOSED, _C.VERIFIED, _C.CLOSED, _C.CANNOT_JUDGE, _C.FALSE_ALARM),
    "merge": _ENDABLE,
    "cannot_judge": _ENDABLE,
    "false_alarm": (*_ENDABLE, _C.DISPOSED),
    "suspend": (_C.FILED, _C.DISPATCHED, _C.ACCEPTED, _C.CONTROLLED, _C.DISPOSED),
    "resume": (_C.SUSPENDED,),
    "add_task": (_C.DISPATCHED, _C.ACCEPTED, _C.CONTROLLED),
}


def _task_fits(verb: str, task: Task) -> bool:
    pending = bool(task.handed_to)
    if verb in ("accept_hand_over", "refuse_hand_over"):
        return pending and task.state in _TASK_FITS[verb]
    if verb in ("dispose", "control") and pending:
        return False  # first the hand-over is answered, or taken back
    return task.state in _TASK_FITS[verb]

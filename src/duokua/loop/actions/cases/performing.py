"""Doing something with a case: permission, transition, effect, audit, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from duokua.identity.facade import Person
from duokua.kernel.errors import Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.loop.actions.cases import deciding, verifying, working
from duokua.loop.actions.cases.deed import Again, Deed, not_allowed, settle
from duokua.loop.actions.cases.moving import keep, taken, to_state
from duokua.loop.actions.cases.opening import Start, open_cases
from duokua.loop.actions.clocks.keeping import CaseClocks
from duokua.loop.actions.noting import SYSTEM, note
from duokua.loop.models import Case, Task
from duokua.loop.selectors.calendar import calendar
from duokua.loop.selectors.packs import pack_of
from duokua.loop.selectors.rights import WORK, Stance
from duokua.loop.states.case import CaseState
from duokua.loop.values.acting import SAME

MOST_TEXT = 2000
TAKES: dict[str, Callable[[Deed], None]] = {
    "file": deciding.file,
    "dispatch": deciding.dispatch,
    "claim": working.claim,
    "accept": working.accept,
    "control": working.control,
    "dispose": working.dispose,
    "hand_over": working.hand_over,
    "accept_hand_over": working.accept_hand_over,
    "refuse_hand_over": working.refuse_hand_over,
    "decide_hand_over": working.decide_hand_over,
    "verify": verifying.verify,
    "sign": verifying.sign,
    "close": verifying.close,
    "reopen": verifying.reopen,
    "merge": deciding.merge,
    "suspend": deciding.suspend,
    "resume": deciding.resume,
    "cannot_judge": deciding.cannot_judge,
    "false_alarm": deciding.false_alarm,
    "extend": deciding.extend,
    "comment": deciding.comment,
    "add_task": deciding.add_task,
    "acknowledge": deciding.acknowledge,
}


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do; ``revision`` is what they saw, of the task if one is named."""

    verb: str
    task: int | None = None
    revision: int | None = None
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rule said, and the revision of the case when it was asked."""

    again: Again
    revision: int


Ask = Callable[[Case, datetime], Again]


def perform(number: str, act: Act, person: Person, *, ask: Ask, now: datetime) -> str:
    """Do something with a case; return the number of the case that it is about afterwards.

    The rule is asked again before the case is locked: nobody waits for that. Of two who act at
    once one wins; the other is told by whom.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: they may not do this.
    :raises Conflict: it cannot be done any more, or somebody else was first.
    :raises Invalid: something that it needs is missing.
    """
    act = replace(act, verb=SAME.get(act.verb, act.verb), text=act.text.strip())
    if act.verb == "drill":
        return _drill_of(number, act, person, now)
    if act.verb not in TAKES or len(act.text) > MOST_TEXT or "\0" in act.text:
        raise Invalid(
            Text("没有这个操作，或文字过长", "there is no such verb, or the text is too long"),
            Text("请从事件页面办理", "do it from the page of the case"),
        )
    asked = None
    if act.verb in verifying.ASKING:
        asked = _ask(number, act, person, ask, now)
    _perform(number, act, person, asked, now)
    return number


def _ask(number: str, act: Act, person: Person, ask: Ask, now: datetime) -> Asked | None:
    """Ask the rule again for somebody who may do it, with nothing locked."""
    deed = _deed(number, act, person, now, lock=False)
    _check(deed, act)
    if deed.case.drill or not deed.case.rule:
        return None
    return Asked(ask(deed.case, now), deed.case.revision)


@transaction.atomic
def _perform(number: str, act: Act, person: Person, asked: Asked | None, now: datetime) -> None:
    deed = _deed(number, act, person, now, lock=True)
    _check(deed, act)
    if asked is not None:
        if asked.revision != deed.case.revision:
            raise taken(deed.case)  # somebody acted while the rule was asked
        deed.again = asked.again
    TAKES[act.verb](deed)
    if not deed.noted:  # else it is written already
        settle(deed)


def _deed(number: str, act: Act, person: Person, now: datetime, *, lock: bool) -> Deed:
    rows = Case.objects.select_for_update(of=("self",)) if lock else Case.objects.all()
    case = rows.filter(number=number).first()
    if case is None:
        raise no_case()
    tasks = list(Task.objects.filter(case=case).order_by("id"))
    pack = pack_of(case.pack, case.version)
    if not Stance(person, case, tasks, pack).sees:
        raise no_case()
    task = next((each for each in tasks if each.id == act.task), None)
    if act.task is not None and task is None:
        raise no_case()
    clocks = CaseClocks(case, pack.playbooks.get(case.playbook), calendar())
    return Deed(case, tasks, pack, clocks, person, act.verb, now, task, act.text, act.fields)


def _check(deed: Deed, act: Act) -> None:
    """Check permission first, then state and what the person saw."""
    if act.verb in working_verbs() and deed.task is None:
        deed.own_task()
    if not deed.stance.may(act.verb, deed.task):
        task = deed.task
        theirs = task is not None and task.claimed_by not in ("", deed.by)
        if task is not None and theirs and act.verb in WORK and deed.stance.works(task):
            raise working.claimed(task)
        raise not_allowed()
    seen = deed.task.revision if deed.task else deed.case.revision
    if act.revision is not None and act.revision != seen and act.verb != "comment":
        raise taken(deed.case, deed.task)
    if not deed.stance.fits(act.verb, deed.task):
        raise taken(deed.case, deed.task)


def working_verbs() -> tuple[str, ...]:
    """Return the verbs that are about a task."""
    return (
        "claim", "accept", "control", "dispose", "hand_over", "accept_hand_over",
        "refuse_hand_over", "decide_hand_over",
    )  # fmt: skip


def no_case() -> NotFound:
    """Return the error that there is no such case, or none that the person may know of."""
    return NotFound(
        Text("没有这个事件", "there is no such case"), Text("请核对编号", "check its number")
    )


def _drill_of(number: str, act: Act, person: Person, now: datetime) -> str:
    """Open an exercise of a case's kind."""
    deed = _deed(number, act, person, now, lock=False)
    _check(deed, act)
    case = deed.case
    start = Start(
        case.rule, case.playbook, Text(case.title_zh, case.title_en),
        f"{case.subject[:160]}#{now:%Y%m%d%H%M%S}", case.name, Level(case.level), case.row,
        drill=True,
    )  # fmt: skip
    return open_drill(start, pack=deed.pack, owner=case.owner_id, by=person.username, now=now)


@transaction.atomic
def open_drill(start: Start, *, pack: Pack, owner: str, by: str, now: datetime) -> str:
    """Open an exercise (演练): a case like any other that counts nowhere; return its number."""
    made = open_cases([start], pack=pack, owner=owner, now=now, calendar=calendar())[0]
    note(made, "drill", by=by, now=now)
    return made.number


def resume_due(now: datetime) -> int:
    """Resume the cases whose suspension is over; return how many."""
    rows = Case.objects.filter(state=CaseState.SUSPENDED, suspended_until__lte=now)
    found = list(rows.order_by("suspended_until").values_list("id", flat=True)[:200])
    for id_ in found:
        _resume(id_, now)
    return len(found)


@transaction.atomic
def _resume(id_: int, now: datetime) -> None:
    case = Case.objects.select_for_update(of=("self",)).get(id=id_)
    until = case.suspended_until
    if case.state != CaseState.SUSPENDED or until is None or until > now:
        return
    pack = pack_of(case.pack, case.version)
    clocks = CaseClocks(case, pack.playbooks.get(case.playbook), calendar())
    tasks = list(Task.objects.filter(case=case))
    clocks.resume(now)
    to_state(case, CaseState(case.before), now)
    case.before, case.suspended_until = "", None
    clocks.keep(tasks)
    keep(case, now)
    Task.objects.bulk_update(tasks, ["due_at"])
    note(case, "resume", by=SYSTEM, now=now)

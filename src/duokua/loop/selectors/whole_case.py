"""One case as a person may see it: tasks, clocks, timeline, evidence, why, and what they may do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel.clock import from_iso
from duokua.kernel.limits import timer_from_json
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Playbook, PlayTask
from duokua.loop.models import Case, CaseEvent, Clock, Evidence, Finding, Rung, Task
from duokua.loop.selectors.calendar import calendar
from duokua.loop.selectors.case_list import row_of
from duokua.loop.selectors.packs import pack_of
from duokua.loop.selectors.rights import Stance
from duokua.loop.selectors.seeing import seen_by
from duokua.loop.selectors.verbs import verbs_of
from duokua.loop.states.case import TaskState
from duokua.loop.states.clock import ClockKind, ClockState
from duokua.loop.states.finding import FindingState
from duokua.loop.values.acting import title_of
from duokua.loop.values.case import (
    AskInfo,
    CaseInfo,
    ClockInfo,
    EventInfo,
    EvidenceInfo,
    RungInfo,
    StepInfo,
    TaskInfo,
    VerificationInfo,
)

_MOST_EVENTS = 2000


def whole(number: str, person: Person, now: datetime) -> CaseInfo:
    """Return a case.

    :raises NotFound: there is none, or they may not know of it.
    """
    case = seen_by(number, person)
    pack = pack_of(case.pack, case.version)
    playbook = pack.playbooks.get(case.playbook)
    tasks = list(Task.objects.filter(case=case).order_by("id"))
    clocks = list(Clock.objects.filter(case=case).order_by("id"))
    rungs = list(Rung.objects.filter(clock__case=case).select_related("clock").order_by("id"))
    events = list(CaseEvent.objects.filter(case=case).order_by("-id")[:_MOST_EVENTS])[::-1]
    evidence = list(Evidence.objects.filter(case=case).order_by("given_at", "id"))
    names, people = identity.departments(), _people(tasks, events, evidence)
    finding = Finding.objects.filter(id=case.finding or 0).first()
    days = calendar()
    stance = Stance(person, case, tasks, pack)
    return CaseInfo(
        row=row_of(case, tasks, pack, names, person, now),
        owner=case.owner_id, owner_name=names.get(case.owner_id, _plain(case.owner_id)),
        version=case.version, playbook=case.playbook,
        playbook_title=playbook.title if playbook else _plain(case.playbook),
        why=finding.why if finding else {}, answer=case.row, finding=case.finding,
        finding_open=finding is not None and finding.state == FindingState.OPEN,
        suspended_until=case.suspended_until, merged_into=_number_of(case.merged_into),
        closed_at=case.closed_at,
        tasks=tuple(_task(t, playbook, evidence, names, people) for t in tasks),
        clocks=tuple(clock_info(row, now, days) for row in clocks),
        timeline=tuple(_event(row, people) for row in events),
        evidence=tuple(evidence_info(row, people) for row in evidence),
        rungs=tuple(_rung(row) for row in rungs), steps=_steps(case, playbook),
        verification=_verification(case), verbs=verbs_of(stance, clocks, rungs, names),
    )  # fmt: skip


def _people(
    tasks: Sequence[Task], events: Sequence[CaseEvent], evidence: Sequence[Evidence]
) -> dict[str, Text]:
    names = {task.claimed_by for task in tasks} | {event.by for event in events}
    return identity.names((names | {each.given_by for each in evidence}) - {"", "system"})


def _plain(word: str) -> Text:
    return Text(word, word)


def _number_of(case: int | None) -> str | None:
    if case is None:
        return None
    return Case.objects.filter(id=case).values_list("number", flat=True).first()


def _task(
    task: Task, playbook: Playbook | None, evidence: Sequence[Evidence],
    names: Mapping[str, Text], people: Mapping[str, Text],
) -> TaskInfo:  # fmt: skip
    play = next((e for e in playbook.tasks if e.id == task.play), None) if playbook else None
    return TaskInfo(
        id=task.id, play=task.play, title=Text(task.title_zh, task.title_en),
        order=play.order if play else Text(task.title_zh, task.title_en),
        department=task.department_id,
        department_name=names.get(task.department_id, _plain(task.department_id)),
        role=task.role, lead=task.lead, state=TaskState(task.state), revision=task.revision,
        claimed_by=task.claimed_by, claimed_name=people.get(task.claimed_by),
        disposed_by=task.disposed_by, handed_to=task.handed_to, after=tuple(task.after),
        asks=_asks(task, play, evidence), opened_at=task.opened_at, due_at=task.due_at,
    )  # fmt: skip


def _asks(task: Task, play: PlayTask | None, evidence: Sequence[Evidence]) -> tuple[AskInfo, ...]:
    """Return what the task has to bring; what was given before it began again does not count."""
    given = Counter(e.ask for e in evidence if e.task == task.id and e.given_at >= task.opened_at)
    return tuple(
        AskInfo(ask.id, ask.title, ask.kind, ask.form, ask.least, given[ask.id])
        for ask in (play.asks if play else ())
    )


def clock_info(row: Clock, now: datetime, days: Calendar) -> ClockInfo:
    """Turn a clock into the value that crosses the border, as it stands now."""
    timer = timer_from_json(row.timer)
    at = row.ended_at or now
    left = timer.left(at, days)
    return ClockInfo(
        id=row.id, task=row.task_id, kind=ClockKind(row.kind), state=ClockState(row.state),
        limit=str(timer.limit), extended=str(timer.extension or ""), started_at=timer.started,
        due_at=timer.due(days), ended_at=row.ended_at, used=round(timer.used(at, days), 1),
        left_s=left.total_seconds() if left is not None else None, certain=timer.certain(days),
    )  # fmt: skip


def _event(row: CaseEvent, people: Mapping[str, Text]) -> EventInfo:
    name = people.get(row.by) or (Text("系统", "System") if row.by == "system" else _plain(row.by))
    return EventInfo(
        row.id, row.at, row.by, name, row.acting_for, row.verb, title_of(row.verb), row.text,
        row.task, row.detail,
    )  # fmt: skip


def evidence_info(row: Evidence, people: Mapping[str, Text]) -> EvidenceInfo:
    """Turn a piece of evidence into the value that crosses the border."""
    return EvidenceInfo(
        id=row.id, task=row.task, ask=row.ask, kind=row.kind, name=row.name, media=row.media,
        size=row.size, digest=row.digest, body=row.body, taken_at=row.taken_at, lon=row.lon,
        lat=row.lat, given_by=row.given_by,
        given_name=people.get(row.given_by, _plain(row.given_by)), given_at=row.given_at,
        picture=row.media.startswith("image/"),
    )  # fmt: skip


def _rung(row: Rung) -> RungInfo:
    return RungInfo(
        row.id, ClockKind(row.clock.kind), row.clock.task_id, row.told, row.climbed_at,
        row.acknowledged_by, row.acknowledged_at,
    )  # fmt: skip


def _steps(case: Case, playbook: Playbook | None) -> tuple[StepInfo, ...]:
    level = Level(case.level)
    steps = playbook.steps if playbook else ()
    return tuple(StepInfo(s.stage, s.text) for s in steps if not s.levels or level in s.levels)


def _verification(case: Case) -> VerificationInfo:
    told = case.verification
    signed = told.get("signed", {})
    return VerificationInfo(
        by=case.owner_id, at=from_iso(told["at"]) if told.get("at") else None,
        verified_by=told.get("by", ""), signed=tuple(signed.items()),
        to_sign=tuple(each for each in told.get("to_sign", ()) if each not in signed),
        receipts=tuple(told.get("receipts", ())),
    )  # fmt: skip


def case_pack(case: Case) -> Pack:
    """Return the pack by which a case is handled."""
    return pack_of(case.pack, case.version)

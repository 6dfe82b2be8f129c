"""Opening cases (立案派遣): number, tasks by playbook and level, their clocks; many in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.clock import district_day
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import SEVERITY, Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import PlayTask
from duokua.loop.actions.clocks.keeping import FAR, TASK_KINDS, drawn, limits_of
from duokua.loop.actions.noting import note_all
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Case, Clock, Concern, Serial, Task
from duokua.loop.signals import cases_opened
from duokua.loop.states.case import CaseState, TaskState

MOST_SINGLY = 20  # new tasks of a post that are told one by one; more of them in one message


@dataclass(frozen=True, slots=True)
class Start:
    """What a case is opened with."""

    rule: str
    playbook: str
    title: Text
    subject: str
    name: str
    level: Level
    row: Mapping[str, Any] = field(default_factory=dict)
    finding: int | None = None
    place: tuple[float | None, float | None] = (None, None)
    drill: bool = False


def open_cases(
    starts: Sequence[Start], *, pack: Pack, owner: str, now: datetime, calendar: Calendar
) -> list[Case]:
    """Open cases with their tasks and clocks, each filed and dispatched as its playbook says.

    Where a department cannot be told, the case waits, filed, for somebody who dispatches it.
    """
    known = set(identity.departments())
    numbers = _numbers(pack.manifest.pack, len(starts), now)
    cases: list[Case] = []
    tasks: list[Task] = []
    clocks: list[Clock] = []
    for start, number in zip(starts, numbers, strict=True):
        case = _case(start, pack, owner, number, now)
        own = tasks_of(case, pack, known, now)
        if own is None:
            case.state = CaseState.FILED
        else:
            case.lead_id = next(task.department_id for task in own if task.lead)
        cases.append(case)
        tasks += own or []
        clocks += _clocks(case, own or [], pack, now, calendar)
    _keep(cases, tasks, clocks)
    _note(cases, starts, now)
    begun = [task for task in tasks if task.state == TaskState.DISPATCHED]
    tell_tasks([(task.case, task) for task in begun], now=now)
    cases_opened.send(sender=Case)
    return cases


def _case(start: Start, pack: Pack, owner: str, number: str, now: datetime) -> Case:
    return Case(
        number=number, pack=pack.manifest.pack, rule=start.rule, version=pack.manifest.version,
        playbook=start.playbook, subject=start.subject, name=start.name[:200],
        title_zh=start.title.zh[:200], title_en=start.title.en[:200], level=start.level,
        severity=SEVERITY[start.level], state=CaseState.DISPATCHED, finding=start.finding,
        row=dict(start.row), lead_id=owner, owner_id=owner, opened_at=now, changed_at=now,
        rank_at=FAR, drill=start.drill, lon=start.place[0], lat=start.place[1],
    )  # fmt: skip


def _numbers(pack: str, count: int, now: datetime) -> list[str]:
    """Return the next numbers of a pack's day."""
    day = district_day(now)
    name = pack.upper()[:16]  # packs that begin alike count together
    Serial.objects.get_or_create(pack=name, day=day)
    Serial.objects.filter(pack=name, day=day).update(last=F("last") + count)
    last = Serial.objects.values_list("last", flat=True).get(pack=name, day=day)
    stem = f"{name}-{day:%Y%m%d}"
    return [f"{stem}-{serial:04d}" for serial in range(last - count + 1, last + 1)]


def tasks_of(
    case: Case, pack: Pack, known: set[str], now: datetime, instead: str = ""
) -> list[Task] | None:
    """Return the tasks of a case's level, exactly one of them the lead.

    ``None``: it has none, or a department cannot be told, and nobody is named ``instead``.
    """
    level, playbook = Level(case.level), pack.playbooks.get(case.playbook)
    plays = [p for p in playbook.tasks if not p.levels or level in p.levels] if playbook else []
    made: list[Task] = []
    lead = next((play.id for play in plays if play.lead), plays[0].id if plays else "")
    there = {play.id for play in plays}
    for play in plays:
        department = resolve(play.department, case)
        if department not in known:
            department = instead
        if not department:
            return None
        role = platform_role(pack, play.role)
        made.append(task_of(case, play, role, department, play.id == lead, there, now))
    return made or None


def task_of(
    case: Case,
    play: PlayTask,
    role: str,
    department: str,
    lead: bool,
    there: Iterable[str],
    now: datetime,
) -> Task:
    """Return one task, waiting for those that come first."""
    after = [each for each in play.after if each in set(there)]
    return Task(
        case=case, play=play.id, title_zh=play.title.zh[:200], title_en=play.title.en[:200],
        department_id=department, role=role, lead=lead, after=after,
        state=TaskState.WAITING if after else TaskState.DISPATCHED, opened_at=now, changed_at=now,
    )  # fmt: skip


def resolve(department: str, case: Case) -> str:
    """Return the code of a department that a playbook names, ``$owner`` or ``$column``."""
    if department == "$owner":
        return case.owner_id
    if department.startswith("$"):
        return str(case.row.get(department[1:]) or "")
    return department


def platform_role(pack: Pack, role: str) -> str:
    """Return the platform's role behind a role of a pack."""
    found = next((each.role for each in pack.manifest.roles if each.id == role), role)
    return found if found in Role else str(Role.HANDLER)


def concern(pairs: Iterable[tuple[Case, str]]) -> None:
    """Let departments know of cases."""
    rows = [Concern(case=case, department_id=code) for case, code in dict.fromkeys(pairs)]
    Concern.objects.bulk_create(rows, ignore_conflicts=True)


def _clocks(
    case: Case, tasks: Sequence[Task], pack: Pack, now: datetime, calendar: Calendar
) -> list[Clock]:
    """Return the clocks with which a case begins, and write what is due first into it."""
    playbook = pack.playbooks.get(case.playbook)
    plays = {play.id: play for play in playbook.tasks} if playbook else {}
    found: list[Clock] = []
    for task in tasks:
        if task.state == TaskState.DISPATCHED:
            limits = limits_of(playbook, plays.get(task.play), Level(case.level))
            own = drawn(case, task, limits, TASK_KINDS, playbook, now=now, calendar=calendar)
            task.due_at = min((e.due_at for e in own if e.due_at is not None), default=None)
            found += own
    case.due_at = min((e.due_at for e in found if e.due_at is not None), default=None)
    case.rank_at = case.due_at or FAR
    return found


def _keep(cases: Sequence[Case], tasks: Sequence[Task], clocks: Sequence[Clock]) -> None:
    """Write all of it, whatever the number, in a few statements."""
    Case.objects.bulk_create(cases)
    Task.objects.bulk_create(tasks)
    Clock.objects.bulk_create(clocks)
    known = [(task.case, task.department_id) for task in tasks]
    concern([*known, *((case, case.owner_id) for case in cases)])


def _note(cases: Sequence[Case], starts: Sequence[Start], now: datetime) -> None:
    both = list(zip(cases, starts, strict=True))
    found = [
        (case, {"level": str(start.level), "finding": start.finding, "rule": start.rule})
        for case, start in both
    ]
    note_all("found", found, now=now)
    note_all("file", [(case, {"to": str(CaseState.FILED)}) for case, _ in both], now=now)
    sent = [
        (case, {"to": str(CaseState.DISPATCHED), "lead": case.lead_id})
        for case, _ in both
        if case.state == CaseState.DISPATCHED
    ]
    note_all("dispatch", sent, now=now)


def tell_tasks(begun: Sequence[tuple[Case, Task]], *, now: datetime) -> None:
    """Tell the posts of tasks that began; of very many at once in one message for each post."""
    posts: dict[tuple[str, str], list[tuple[Case, Task]]] = {}
    for case, task in begun:
        posts.setdefault((task.department_id, task.role), []).append((case, task))
    for (department, role), found in posts.items():
        if len(found) > MOST_SINGLY:
            case, task = max(found, key=lambda each: each[0].severity)
            count, name = len(found), words(case)
            title = Text(
                f"{count} 件新事件，最高为 {name.zh}", f"{count} new cases, the gravest: {name.en}"
            )
            tell(case, Notice(f"loop.tasks:{task.id}", department, role, title), now=now)
            continue
        for case, task in found:
            name = words(case)
            title = Text(f"新任务：{name.zh}", f"New task: {name.en}")
            body = Text(task.title_zh, task.title_en)
            tell(case, Notice(f"loop.task:{task.id}", department, role, title, body), now=now)

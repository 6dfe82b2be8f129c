"""Cases as their readers see them: a line of a list, and the whole with tasks and timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.loop.states.case import CaseState, TaskState
from duokua.loop.states.clock import ClockKind, ClockState


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list. ``task`` is the reader's own part in it, where they have one."""

    number: str
    pack: str
    rule: str
    title: Text
    name: str  # of the subject, for people
    subject: str
    level: Level
    state: CaseState
    state_name: Text  # the scenario's own word for it
    lead: str
    lead_name: Text
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    overdue: bool
    reopened: int
    escalated: int
    drill: bool
    lon: float | None
    lat: float | None
    revision: int
    task: int | None = None
    task_state: TaskState | None = None
    task_revision: int | None = None
    claimed_by: str = ""
    verbs: tuple[str, ...] = ()  # what the reader may do in one tap, of the task or the case


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a list; ``next`` is the mark after which the following one begins."""

    rows: tuple[CaseRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AskInfo:
    """Evidence that a task has to bring, and how much of it is there."""

    id: str
    title: Text
    kind: str
    form: str
    least: int
    given: int

    @property
    def missing(self) -> int:
        """How many are still to come."""
        return max(0, self.least - self.given)


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """What one department has to do."""

    id: int
    play: str
    title: Text
    order: Text
    department: str
    department_name: Text
    role: str
    lead: bool
    state: TaskState
    revision: int
    claimed_by: str
    claimed_name: Text | None
    disposed_by: str
    handed_to: str
    after: tuple[str, ...]
    asks: tuple[AskInfo, ...]
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockInfo:
    """A time limit as it stands; ``used`` in % may be over 100."""

    id: int
    task: int | None
    kind: ClockKind
    state: ClockState
    limit: str  # as packs write it: 2h, 5wd
    extended: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    used: float
    left_s: float | None  # negative: over for so long; None: it stands
    certain: bool  # the calendar of its days is published


@dataclass(frozen=True, slots=True)
class EventInfo:
    """One line of the timeline."""

    id: int
    at: datetime
    by: str
    by_name: Text
    acting_for: str
    verb: str
    title: Text
    text: str
    task: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as it was filled in for a case."""

    number: str
    at: datetime
    by: Text
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvidenceInfo:
    """A piece of evidence; its bytes are asked for by ``id``."""

    id: str
    task: int | None
    ask: str
    kind: str
    name: str
    media: str
    size: int
    digest: str
    body: Mapping[str, Any]
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    given_by: str
    given_name: Text
    given_at: datetime
    picture: bool  # there is a thumbnail


@dataclass(frozen=True, slots=True)
class RungInfo:
    """Who was told because nobody acted in time."""

    id: int
    clock: ClockKind
    task: int | None
    told: str
    climbed_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A line of advice of the playbook."""

    stage: str
    text: Text


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """Something that a verb asks for besides a text.

    ``kind``: department | person | case | instant | span | level | clock | text; ``options`` are
    values with their names, where there are few.
    """

    name: str
    title: Text
    kind: str
    required: bool = True
    options: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class VerbInfo:
    """Something that the reader may do now, and what it asks for."""

    verb: str
    title: Text
    task: int | None = None
    text: str = "no"  # no | may | must: a reason or a remark
    fields: tuple[FieldInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class VerificationInfo:
    """How the verification stands: who asked the rule again, and who has signed or has to."""

    by: str
    at: datetime | None
    verified_by: str
    signed: tuple[tuple[str, str], ...]  # department, who
    to_sign: tuple[str, ...]
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """A whole case as one person may see it."""

    row: CaseRow
    owner: str
    owner_name: Text
    version: str
    playbook: str
    playbook_title: Text
    why: Mapping[str, Any]  # of its newest finding
    answer: Mapping[str, Any]  # the rule's newest row
    finding: int | None
    finding_open: bool
    suspended_until: datetime | None
    merged_into: str | None
    closed_at: datetime | None
    tasks: tuple[TaskInfo, ...]
    clocks: tuple[ClockInfo, ...]
    timeline: tuple[EventInfo, ...]  # oldest first
    evidence: tuple[EvidenceInfo, ...]
    rungs: tuple[RungInfo, ...]
    steps: tuple[StepInfo, ...]
    verification: VerificationInfo
    verbs: tuple[VerbInfo, ...]

    @property
    def number(self) -> str:
        """Its number."""
        return self.row.number

    def task(self, id_: int) -> TaskInfo | None:
        """Return one of its tasks."""
        return next((each for each in self.tasks if each.id == id_), None)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A department on the command board."""

    department: str
    name: Text
    levels: Mapping[Level, int]
    open: int
    overdue: int
    to_accept: int  # tasks
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """Open cases by department, and those that were escalated."""

    rows: tuple[BoardRow, ...]
    levels: Mapping[Level, int]
    open: int
    overdue: int
    escalated: tuple[CaseRow, ...]
    disputed: tuple[CaseRow, ...]  # hand-overs for the command to decide


@dataclass(frozen=True, slots=True)
class Counts:
    """What a person's workbench counts."""

    mine: int  # tasks that they have claimed
    team: int  # open tasks of their departments that nobody has claimed
    overdue: int  # open tasks of their departments
    to_verify: int
    hand_overs: int
    open: int  # cases that they may see
    levels: Mapping[Level, int]
    states: Mapping[CaseState, int]

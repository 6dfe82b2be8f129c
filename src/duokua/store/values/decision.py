"""Decisions on a request (审批) as frozen values: steps, verdicts, lines of the inbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from duokua.kernel.text import Text
from duokua.store.states.request import StepKind, StepState
from duokua.store.values.narrowing import Narrowing
from duokua.store.values.words import both

MOST_COMMENT = 1000
COMPLETABLE: dict[str, Text] = {  # what a return may ask to be completed
    "purpose": Text("用途", "Purpose"),
    "explanation": Text("用途说明", "What it is for"),
    "basis": Text("法律依据", "Legal basis"),
    "scenario": Text("应用场景", "Scenario"),
    "columns": Text("字段", "Fields"),
    "row_filter": Text("数据范围", "Rows"),
    "valid_until": Text("期限", "Period"),
    "quota": Text("配额", "Quota"),
    "attachments": Text("附件", "Attachments"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decides: agreed, narrowed, returned or refused."""

    state: StepState
    comment: str = ""
    ground: str = ""  # of a refusal: its id in the law pack
    fields: tuple[str, ...] = ()  # of a return: what is to be completed
    narrowing: Narrowing = field(default_factory=Narrowing)


@dataclass(frozen=True, slots=True)
class Due:
    """How a clock stands: ``left`` working days, by which figure of the law pack, how well known."""

    due_at: datetime | None  # None: it is stopped
    left: int
    overdue: bool
    stopped: bool
    certain: bool  # False: it runs into a year whose calendar is not published yet
    parameter: str
    mark: str
    extended: bool


@dataclass(frozen=True, slots=True)
class StepInfo:
    """One decision as its pages show it."""

    id: int
    request: str
    round: int
    stage: int
    kind: str
    department: str
    department_name: Text
    role: str
    state: str
    revision: int
    due: Due | None
    opened_at: datetime | None
    escalations: int
    decided_at: datetime | None
    decided_by: str
    acting_for: str
    comment: str
    ground: str
    fields: tuple[str, ...]
    narrowed: Narrowing | None

    @property
    def words(self) -> Text:
        """What it decides, in words."""
        return both(StepKind(self.kind))

    @property
    def state_words(self) -> Text:
        """How it stands, in words."""
        return both(StepState(self.state))


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A decision that waits for somebody, as a line of their inbox (待办)."""

    step: int
    revision: int
    request: str
    title: Text
    kind: str
    kind_words: Text
    share_class: str
    level: str
    purpose: str
    department: str
    department_name: Text
    requested_by: str
    opened_at: datetime
    due_at: datetime | None
    left: int | None
    overdue: bool
    escalations: int
    acting_for: str
    batch: bool  # may be agreed to together with others


@dataclass(frozen=True, slots=True)
class DecidedTogether:
    """What became of one of several that were agreed to at once; ``why``: it was not."""

    step: int
    request: str
    why: Text | None

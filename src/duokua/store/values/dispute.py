"""Disputes (争议) about a decision as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Text
from duokua.store.states.request import DisputeState
from duokua.store.values.words import both

REFUSED, NARROWED, OVERDUE = "refused", "narrowed", "overdue"
ABOUT: dict[str, Text] = {
    REFUSED: Text("不同意", "the refusal"),
    NARROWED: Text("部分同意", "the narrowing"),
    OVERDUE: Text("超期未答复", "no answer in time"),
}
CLOCKS: dict[DisputeState, str] = {
    DisputeState.NEGOTIATION: "negotiation",
    DisputeState.COORDINATION: "coordination",
    DisputeState.GOVERNMENT: "government",
}
ACTS: dict[str, Text] = {
    "state": Text("陈述意见", "State one's view"),
    "accept": Text("接受原决定，协商一致", "Accept the decision: settled"),
    "give_way": Text("同意重新审批，协商一致", "Give way, decide anew: settled"),
    "raise": Text("提请上一级", "Take it one level up"),
    "uphold": Text("支持申请方", "Uphold it"),
    "dismiss": Text("维持原决定", "Dismiss it"),
    "withdraw": Text("撤回争议", "Withdraw it"),
}


@dataclass(frozen=True, slots=True)
class EntryInfo:
    """What one side said, or what was decided."""

    at: datetime
    by: str
    department: str
    department_name: Text
    state: str
    text: str

    @property
    def state_words(self) -> Text:
        """Where the dispute stood after it."""
        return both(DisputeState(self.state))


@dataclass(frozen=True, slots=True)
class DisputeInfo:
    """A dispute as its page shows it."""

    id: str
    request: str
    title: Text
    about: str
    step_kind: str
    state: str
    revision: int
    department: str
    department_name: Text
    provider: str
    provider_name: Text
    government: str  # whose head decides the last stage, or did
    opened_at: datetime
    opened_by: str
    due_at: datetime | None
    overdue: bool
    left: int | None
    mark: str
    ended_at: datetime | None
    follow_up: str | None

    @property
    def about_words(self) -> Text:
        """What it is about, in words."""
        return ABOUT[self.about]

    @property
    def state_words(self) -> Text:
        """Where it stands, in words."""
        return both(DisputeState(self.state))

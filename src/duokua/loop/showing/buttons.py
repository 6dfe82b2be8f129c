"""The verbs of a case as buttons (办理按钮): what is next first, the rest behind "more"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from duokua.kernel.errors import DuokuaError
from duokua.loop.values.case import CaseInfo, TaskInfo, VerbInfo

_NEXT = (
    "resume", "accept_hand_over", "refuse_hand_over", "decide_hand_over", "file", "dispatch",
    "claim", "accept", "control", "dispose", "verify", "sign", "close", "acknowledge",
)  # fmt: skip
_GRAVE = frozenset(("cannot_judge", "false_alarm", "merge", "suspend", "reopen"))
# What may be done without a connection and sent later: nothing that asks the rule again.
QUEUED = frozenset(("claim", "accept", "control", "dispose", "hand_over", "comment"))
_OWN_FORM = frozenset(("evidence",))  # has its place at the task


@dataclass(frozen=True, slots=True)
class Button:
    """A verb with what its form needs; ``typed`` is what was entered before it was refused."""

    info: VerbInfo
    key: str  # id of its form
    task: TaskInfo | None
    revision: int
    grave: bool
    told: DuokuaError | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Tell whether one tap does it: nothing has to be typed or chosen."""
        open_ = [each for each in self.info.fields if each.required and len(each.options) != 1]
        return self.info.text != "must" and not open_

    @property
    def more(self) -> bool:
        """Tell whether something may be added: a remark, or a field that may be left empty."""
        return self.info.text == "may" or any(not each.required for each in self.info.fields)

    @property
    def queued(self) -> bool:
        """Tell whether a phone may keep it and send it later."""
        return self.info.verb in QUEUED


@dataclass(frozen=True, slots=True)
class Refused:
    """A verb that was refused, with what was typed."""

    key: str
    error: DuokuaError
    typed: Mapping[str, str]


def key_of(verb: str, task: int | None) -> str:
    """Return the id of a verb's form."""
    return f"do-{verb}-{task or 0}"


def buttons(case: CaseInfo, refused: Refused | None = None) -> tuple[list[Button], list[Button]]:
    """Return the buttons that come next, and all others."""
    found = [_button(case, info, refused) for info in case.verbs if info.verb not in _OWN_FORM]
    first = [each for each in found if each.info.verb in _NEXT]
    first.sort(key=lambda each: _NEXT.index(each.info.verb))
    return first, [each for each in found if each.info.verb not in _NEXT]


def _button(case: CaseInfo, info: VerbInfo, refused: Refused | None) -> Button:
    task = case.task(info.task) if info.task is not None else None
    key = key_of(info.verb, info.task)
    hit = refused if refused is not None and refused.key == key else None
    return Button(
        info, key, task, task.revision if task else case.row.revision, info.verb in _GRAVE,
        hit.error if hit else None, hit.typed if hit else {},
    )  # fmt: skip

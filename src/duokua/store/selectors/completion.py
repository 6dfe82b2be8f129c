"""What a return asked to be completed (补正), and what of it is still as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.store.models import Attachment, Request, Step
from duokua.store.selectors.decision import steps_of, this_round
from duokua.store.states.request import RequestState, StepState
from duokua.store.values.decision import COMPLETABLE

# What a field of the decision form stands for among what is asked.
_PARTS: dict[str, tuple[str, ...]] = {
    "columns": ("columns", "plain", "masks"),
    "valid_until": ("valid_from", "valid_until"),
    "quota": ("quota", "row_cap"),
}


@dataclass(frozen=True, slots=True)
class Completion:
    """One field that is to be completed, and whether it was changed since the return."""

    field: str
    words: Text
    changed: bool


def completions(row: Request) -> list[Completion]:
    """Return what is to be completed in a request that was returned; else nothing."""
    if row.state != RequestState.RETURNED:
        return []
    steps = [s for s in this_round(steps_of(row.id)) if s.state == StepState.RETURNED]
    asked = {name: step for step in steps for name in step.fields if name in COMPLETABLE}
    return [
        Completion(name, COMPLETABLE[name], _changed(row, name, step))
        for name, step in asked.items()
    ]


def _changed(row: Request, name: str, step: Step) -> bool:
    if name == "attachments":
        added = Attachment.objects.filter(request=row, at__gt=step.decided_at)
        return added.exists()
    told: dict[str, Any] = step.asked or {}
    then = told.get("body", {})
    if name == "columns" and told.get("interface") != row.interface:
        return True
    return any(row.body.get(part) != then.get(part) for part in _PARTS.get(name, (name,)))

"""Noting what happened to a case: on its timeline and in the audit ledger, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from duokua.audit import facade as audit
from duokua.loop.models import Case, CaseEvent
from duokua.loop.values.acting import EVENTS, TITLES

SYSTEM = "system"
audit.register({f"loop.case.{verb}": title for verb, title in {**TITLES, **EVENTS}.items()})


def note(
    case: Case,
    verb: str,
    *,
    by: str,
    now: datetime,
    task: int | None = None,
    text: str = "",
    acting_for: str = "",
    **detail: Any,
) -> None:
    """Note an act within the caller's transaction; call it last, an error undoes the act."""
    CaseEvent.objects.create(
        case=case, task=task, at=now, by=by, acting_for=acting_for, verb=verb, text=text,
        detail=detail,
    )  # fmt: skip
    told = {key: value for key, value in detail.items() if value not in ("", None)}
    if acting_for:
        told["acting_for"] = acting_for
    if task is not None:
        told["task"] = task
    audit.record(f"loop.case.{verb}", by=by, of=case.number, at=now, detail=told)


def note_all(
    verb: str, acts: Sequence[tuple[Case, dict[str, Any]]], *, now: datetime, by: str = SYSTEM
) -> None:
    """Note the same act on several cases."""
    if not acts:
        return
    CaseEvent.objects.bulk_create(
        [CaseEvent(case=case, at=now, by=by, verb=verb, detail=told) for case, told in acts]
    )
    told = [(case.number, detail) for case, detail in acts]
    audit.record_all(f"loop.case.{verb}", told, by=by, at=now)

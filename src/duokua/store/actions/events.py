"""Noting what happened to a request: on its timeline and in the audit ledger, in one call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duokua.audit import facade as audit
from duokua.store.models import Event, Request


def note(
    request: Request,
    verb: str,
    *,
    by: str,
    now: datetime,
    acting_for: str = "",
    **detail: Any,
) -> None:
    """Note an act within the caller's transaction; call it last, an error undoes the act.

    :raises Invalid: nobody registered the verb.
    """
    Event.objects.create(
        request=request, at=now, by=by, acting_for=acting_for, verb=verb, detail=detail
    )
    told = {**detail, "acting_for": acting_for} if acting_for else detail
    audit.record(verb, by=by, of=request.id, at=now, detail=told)

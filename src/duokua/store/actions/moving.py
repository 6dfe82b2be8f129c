"""The one way in which a request changes its state (状态流转): guarded, noted, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.store.actions.events import note
from duokua.store.models import Event, Request
from duokua.store.selectors.request import no_request
from duokua.store.states.request import REQUEST_MOVES, RequestState
from duokua.store.values.words import both


@transaction.atomic
def move(
    request: Request,
    to: RequestState,
    *,
    by: str,
    now: datetime,
    verb: str,
    fields: Mapping[str, Any] | None = None,
    acting_for: str = "",
    **detail: Any,
) -> Request:
    """Move a request to another state, with other ``fields`` of it; return it as it is now.

    It succeeds only from the state and revision that ``request`` was read with: of two who decide
    at once, one wins. The act is noted on the timeline and in the audit ledger.

    :raises Conflict: somebody else was first, or there is no such move; it tells what it is now.
    """
    before = RequestState(request.state)
    if to not in REQUEST_MOVES[before]:
        raise taken(request)
    change = {**(fields or {}), "state": to, "changed_at": now}
    _guarded(request, change)
    note(
        request, verb, by=by, now=now, acting_for=acting_for,
        **{"from": before.value, "to": to.value, **detail},
    )  # fmt: skip
    return request


@transaction.atomic
def change(request: Request, fields: Mapping[str, Any], *, now: datetime) -> Request:
    """Change fields of a request without moving it, guarded in the same way.

    :raises Conflict: somebody else was first.
    """
    _guarded(request, {**fields, "changed_at": now})
    return request


def _guarded(request: Request, change: dict[str, Any]) -> None:
    change["revision"] = request.revision + 1
    there = Request.objects.filter(
        id=request.id, state=request.state, revision=request.revision
    ).update(**change)
    if not there:
        raise taken(request)
    for name, value in change.items():
        setattr(request, name, value)


def taken(request: Request) -> Conflict | NotFound:
    """Return the error that a request is not, or no longer, where it would have to be."""
    row = Request.objects.filter(id=request.id).first()
    if row is None:
        return no_request(request.id)
    now = both(RequestState(row.state))
    last = Event.objects.filter(request=row).order_by("-id").first()
    by = last.by if last else row.requested_by
    return Conflict(
        Text(
            f"该申请现为“{now.zh}”（{by} 办理），不能这样办理",
            f"the request stands at “{now.en}” since an act of {by}; this cannot be done",
        ),
        Text("请刷新页面，查看办理记录", "reload the page and look at its timeline"),
    )

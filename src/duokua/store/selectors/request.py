"""Reads of requests."""

from __future__ import annotations

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.store.models import Request
from duokua.store.values.request import RequestInfo, ask_from_json


def request_row(request_id: str) -> Request:
    """Return a request's row.

    :raises NotFound: there is none.
    """
    row = Request.objects.select_related("listing").filter(id=request_id).first()
    if row is None:
        raise no_request(request_id)
    return row


def no_request(request_id: str) -> NotFound:
    """Return the error that a request is absent, or not to be seen by whoever asks."""
    return NotFound(
        Text(f"没有申请“{request_id}”", f"there is no request {request_id!r}"),
        Text("请在“我的申请”或“待办”中查找", "look among your requests or your to-dos"),
    )


def request_info(row: Request) -> RequestInfo:
    """Return a request as a value."""
    dataset = row.listing.dataset_id
    columns = lake.contract(dataset).by_name if dataset else {}
    return RequestInfo(
        id=row.id,
        listing=row.listing_id,
        interface=row.interface,
        client=row.client,
        department=row.department_id,
        provider=row.provider_id,
        requested_by=row.requested_by,
        state=row.state,
        ask=ask_from_json(row.body, columns),
        agreed=ask_from_json(row.decided, columns) if row.decided else None,
        grant=row.grant_id,
        renews=row.renews_id,
        bundle=row.bundle,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        due_at=row.due_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )

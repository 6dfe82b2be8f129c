"""Lists of requests: who sees which, filtered, sorted, in keyset pages of the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.lists.paging import PAGE_ROWS, mark, read_instant
from duokua.store.models import Dispute, Request, Step
from duokua.store.selectors.request import no_request
from duokua.store.states.request import PENDING, RequestState
from duokua.store.values.request import RequestLine, RequestPage

_MOST_BUNDLE = 20  # as many as a cart holds
_FAR = datetime(9999, 12, 31, tzinfo=UTC)
SORTS: dict[str, Any] = {
    "changed": F("changed_at"),
    "due": Coalesce("due_at", Value(_FAR)),
    "submitted": Coalesce("submitted_at", Value(_FAR)),
    "ends": Coalesce("ends_at", Value(_FAR)),
}
_UNDER_WAY = (*PENDING, RequestState.RETURNED, RequestState.PROVISIONING)
GROUPS: dict[str, tuple[RequestState, ...]] = {
    "drafts": (RequestState.DRAFT,),
    "under_way": _UNDER_WAY,
    "in_use": (RequestState.IN_USE, RequestState.SUSPENDED),
    "ended": tuple(
        state
        for state in RequestState
        if state
        not in (*_UNDER_WAY, RequestState.DRAFT, RequestState.IN_USE, RequestState.SUSPENDED)
    ),
}
_DISTRICT_WIDE = (Role.BUREAU, Role.AUDITOR)


def visible_to(person: Person) -> QuerySet[Request]:
    """Return the requests that a person may see (可见范围), by default none.

    Their own; what their department submitted, if they are its head; what was submitted to their
    department, for its stewards, head and security officers; what a post of theirs has to decide;
    about what a dispute came before them as the head of the government;
    everything that was submitted, for the bureau and the auditor.
    """
    sent = Q(submitted_at__isnull=False)
    if any(role in person.hats for role in _DISTRICT_WIDE):
        return Request.objects.filter(Q(requested_by=person.username) | sent)
    seen = Q(requested_by=person.username)
    for department in departments_of(person, Role.HEAD):
        before = Dispute.objects.filter(government=department)
        seen |= sent & (Q(department=department) | Q(id__in=before.values("request_id")))
    for role in (Role.STEWARD, Role.HEAD, Role.SECURITY):
        for department in departments_of(person, role):
            seen |= sent & Q(provider=department)
    return Request.objects.filter(seen | (sent & _to_decide(person)))


def _to_decide(person: Person) -> Q:
    """Return the requests in which a post of the person has or had a decision to make."""
    posts = Q(department=person.department, role__in=[str(role) for role in person.roles])
    for each in person.acting:
        posts |= Q(department=each.department, role=str(each.role))
    return Q(id__in=Step.objects.filter(posts).values("request_id"))


def departments_of(person: Person, role: Role) -> list[str]:
    """Return for which departments a person holds a post, delegated ones too."""
    found = [person.department] if role in person.roles else []
    found += [each.department for each in person.acting if each.role == role]
    return list(dict.fromkeys(found))


def seen_by(request_id: str, person: Person) -> Request:
    """Return a request that a person may see.

    :raises NotFound: there is none, or they may not know of it.
    """
    row = visible_to(person).select_related("listing").filter(id=request_id).first()
    if row is None:
        raise no_request(request_id)
    return row


def asked_by(person: Person) -> QuerySet[Request]:
    """Return what a person asked for, and of what they see all that their department did.

    The bureau and the auditor look after everybody's.
    """
    if any(role in person.hats for role in _DISTRICT_WIDE):
        return visible_to(person)
    return visible_to(person).filter(
        Q(requested_by=person.username) | Q(department=person.department)
    )


def narrowed(rows: QuerySet[Request], asked: Mapping[str, str]) -> QuerySet[Request]:
    """Narrow a list by ``group``, ``state``, ``listing``, ``mine`` (a user name) and ``q``."""
    if group := GROUPS.get(asked.get("group", "")):
        rows = rows.filter(state__in=group)
    if (state := asked.get("state", "")) in set(RequestState):
        rows = rows.filter(state=state)
    if listing := asked.get("listing"):
        rows = rows.filter(listing_id=listing)
    if mine := asked.get("mine"):
        rows = rows.filter(requested_by=mine)
    if words := asked.get("q", "").strip()[:100].replace("\0", ""):
        rows = rows.annotate(told=KeyTextTransform("purpose", "body")).filter(
            Q(id=words)
            | Q(told__icontains=words)
            | Q(interface__icontains=words)
            | Q(listing__id__icontains=words)
            | Q(listing__title_zh__icontains=words)
            | Q(listing__title_en__icontains=words)
        )
    return rows


def page_of(
    rows: QuerySet[Request], *, sort: str | None, after: str | None, size: int = PAGE_ROWS
) -> RequestPage:
    """Return the page after the mark ``after``; newest changes first unless told otherwise."""
    name = (sort or "").removeprefix("-")
    if name not in SORTS:
        name, sort = "changed", "-changed"
    down = (sort or "").startswith("-")
    total = rows.count()
    rows = rows.annotate(place=SORTS[name])
    if (place := read_instant(after)) is not None:
        at, way = place[0], "lt" if down else "gt"
        rows = rows.filter(Q(**{f"place__{way}": at}) | Q(**{"place": at, f"id__{way}": place[1]}))
    signs = ("-place", "-id") if down else ("place", "id")
    # Places first: sorting whole rows, with what is asked in them, is four times slower.
    found = list(rows.order_by(*signs).values_list("id", "place")[: size + 1])
    shown = found[:size]
    whole = _related(Request.objects.all()).in_bulk([each for each, _ in shown])
    last = shown[-1] if len(found) > size else None
    return RequestPage(
        tuple(_line(whole[each]) for each, _ in shown if each in whole),
        mark(last[1].isoformat(), last[0]) if last else None,
        total,
        f"{'-' * down}{name}",
    )


def lines_of(rows: QuerySet[Request], most: int) -> list[RequestLine]:
    """Return the newest of a list, for a file or a program."""
    return [_line(row) for row in _related(rows.order_by("-changed_at", "-id"))[:most]]


def bundle_of(row: Request) -> list[RequestLine]:
    """Return the other requests of the same person that came from the same cart."""
    if not row.bundle:
        return []
    same = Request.objects.filter(bundle=row.bundle, requested_by=row.requested_by)
    others = _related(same.exclude(id=row.id).order_by("id"))
    return [_line(each) for each in others[:_MOST_BUNDLE]]


def _related(rows: QuerySet[Request]) -> QuerySet[Request]:
    return rows.select_related("listing", "department", "provider")


def _line(row: Request) -> RequestLine:
    return RequestLine(
        id=row.id,
        listing=row.listing_id,
        title=Text(row.listing.title_zh, row.listing.title_en),
        interface=row.interface,
        state=row.state,
        purpose=row.body.get("purpose", ""),
        department=row.department_id,
        department_name=Text(row.department.name_zh, row.department.name_en),
        provider=row.provider_id,
        provider_name=Text(row.provider.name_zh, row.provider.name_en),
        requested_by=row.requested_by,
        bundle=row.bundle,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
    )

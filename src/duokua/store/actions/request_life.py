"""What becomes of a request later (后续办理): withdrawn, copied, renewed, archived."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, NotAllowed
from duokua.kernel.text import Text
from duokua.store.actions import steps
from duokua.store.actions.drafting import a_year_from, new_draft
from duokua.store.actions.moving import move, taken
from duokua.store.actions.request import EDITABLE, require_applicant
from duokua.store.models import Attachment, Request, Step
from duokua.store.selectors.request import request_info
from duokua.store.states.request import PENDING, RequestState, StepState

KEPT = timedelta(days=180)  # after its end a request is archived
_UNDER_WAY = (*EDITABLE, *PENDING, RequestState.PROVISIONING)
RENEWABLE = (RequestState.IN_USE, RequestState.SUSPENDED, RequestState.EXPIRED)
WITHDRAWABLE = (
    RequestState.DRAFT, RequestState.SIGNOFF, RequestState.COMPLIANCE, RequestState.DECIDING,
    RequestState.RETURNED,
)  # fmt: skip
_ENDED = (
    RequestState.REFUSED, RequestState.WITHDRAWN, RequestState.FAILED, RequestState.REVOKED,
    RequestState.EXPIRED, RequestState.GIVEN_BACK,
)  # fmt: skip

audit.register(
    {
        "store.request.withdrawn": Text("撤回申请", "request withdrawn"),
        "store.request.archived": Text("归档申请", "request archived"),
    }
)


@transaction.atomic
def withdraw(row: Request, person: Person, *, reason: str = "", now: datetime) -> Request:
    """Withdraw a request that is not decided yet; the applicant or the department's head may.

    :raises NotAllowed: it is somebody else's.
    :raises Conflict: it is decided already.
    """
    head = row.submitted_at is not None and person.holds(Role.HEAD, row.department_id)
    if not head:
        require_applicant(row, person)
    if row.state not in WITHDRAWABLE:
        raise taken(row)
    acting = person.acts_for(Role.HEAD, row.department_id) if head else None
    own = row.requested_by == person.username
    move(
        row, RequestState.WITHDRAWN, by=person.username, now=now,
        verb="store.request.withdrawn", fields={"due_at": None},
        acting_for=acting.for_person if acting and not own else "", reason=reason[:500],
    )  # fmt: skip
    undone = (StepState.WAITING, StepState.OPEN, StepState.RETURNED)
    steps.void(Step.objects.filter(request=row, state__in=undone), now)
    return row


@transaction.atomic
def copy(row: Request, person: Person, *, now: datetime) -> Request:
    """Draft a request that asks for the same (编辑后重新申请), with the same files.

    :raises NotAllowed: another department asked for it.
    """
    _of_department(row, person)
    info = request_info(row)
    ask = replace(info.ask, duty=False, valid_from=None, valid_until=a_year_from(now))
    fresh = new_draft(
        row.listing, ask, person, now, interface=row.interface, client=row.client, copied=row.id
    )
    _copy_files(row, fresh)
    return fresh


@transaction.atomic
def renew(row: Request, person: Person, *, now: datetime) -> Request:
    """Draft the renewal (续期) of a live grant: what was agreed, for another period.

    :raises NotAllowed: another department holds the grant.
    :raises Conflict: there is no grant to renew, or its renewal is under way.
    """
    _of_department(row, person)
    if row.state not in RENEWABLE:
        raise taken(row)
    there = Request.objects.filter(renews=row).exclude(state__in=(*_ENDED, RequestState.ARCHIVED))
    if (other := there.first()) is not None:
        raise Conflict(
            Text(f"续期申请 {other.id} 已在办理", f"its renewal {other.id} is under way"),
            Text("请查看该申请", "look at that request"),
        )
    info = request_info(row)
    ask = replace(info.agreed or info.ask, duty=False, valid_from=None)
    begin = max(now, row.ends_at or now)
    ask = replace(ask, valid_until=a_year_from(begin))
    fresh = new_draft(
        row.listing, ask, person, now, interface=row.interface, client=row.client, renews=row
    )
    _copy_files(row, fresh)
    return fresh


def _copy_files(row: Request, fresh: Request) -> None:
    for each in Attachment.objects.filter(request=row).order_by("id"):
        each.pk, each.request = None, fresh
        each.save(force_insert=True)


def _of_department(row: Request, person: Person) -> None:
    if row.department_id != person.department:
        raise NotAllowed(
            Text("这是其他部门的申请", "another department asked for this"),
            Text("请从该资源的页面另行申请", "ask for the resource from its own page"),
        )


def archive(row: Request, *, by: str, now: datetime) -> Request:
    """Archive (归档) a request that has ended.

    :raises Conflict: it has not.
    """
    return move(row, RequestState.ARCHIVED, by=by, now=now, verb="store.request.archived")


def archive_old(*, by: str, now: datetime, most: int = 1000) -> int:
    """Archive what ended long ago, and drop nothing; return how many."""
    rows = Request.objects.filter(state__in=_ENDED, changed_at__lt=now - KEPT)
    done = 0
    for row in rows.order_by("changed_at")[:most]:
        try:
            archive(row, by=by, now=now)
        except Conflict:  # somebody did something with it just now
            continue
        done += 1
    return done


def acts_open(row: Request, person: Person) -> frozenset[str]:
    """Return what a person may do now with a request, as the verbs of its page."""
    own = row.requested_by == person.username
    head = row.submitted_at is not None and person.holds(Role.HEAD, row.department_id)
    same = row.department_id == person.department
    open_: dict[str, bool] = {
        "edit": own and row.state in EDITABLE,
        "withdraw": (own or head) and row.state in WITHDRAWABLE,
        "copy": same and row.state not in _UNDER_WAY,
        "renew": same and row.state in RENEWABLE,
        "archive": own and row.state in _ENDED,
    }
    return frozenset(name for name, may in open_.items() if may)

"""Asking (申请): drafts, their steps, submitting, completing, withdrawing, copying, renewing, archiving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module

from django.db import transaction

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, Fault, Invalid, NotAllowed
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.store.actions.events import note
from duokua.store.actions.moving import change, move, taken
from duokua.store.models import Attachment, CartLine, Listing, Request, Step
from duokua.store.selectors.asking import faults_of, matter
from duokua.store.selectors.listing import listing_row, no_listing, visible
from duokua.store.selectors.request import request_info
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import RequestState, StepState
from duokua.store.values.ordering import USUAL
from duokua.store.values.request import Ask, ask_to_json

KEPT = timedelta(days=180)  # after its end a request is archived
EDITABLE = (RequestState.DRAFT, RequestState.RETURNED)
RENEWABLE = (RequestState.IN_USE, RequestState.SUSPENDED, RequestState.EXPIRED)
WITHDRAWABLE = (
    RequestState.DRAFT, RequestState.SIGNOFF, RequestState.COMPLIANCE, RequestState.DECIDING,
    RequestState.RETURNED,
)  # fmt: skip
_ENDED = (
    RequestState.REFUSED, RequestState.WITHDRAWN, RequestState.FAILED, RequestState.REVOKED,
    RequestState.EXPIRED, RequestState.GIVEN_BACK,
)  # fmt: skip
_SHARED = ("purpose", "explanation", "scenario", "without", "basis", "disposal")

audit.register(
    {
        "store.request.drafted": Text("起草申请", "request drafted"),
        "store.request.submitted": Text("提交申请", "request submitted"),
        "store.request.resubmitted": Text("补正后重新提交", "request completed and resubmitted"),
        "store.request.withdrawn": Text("撤回申请", "request withdrawn"),
        "store.request.archived": Text("归档申请", "request archived"),
    }
)


@transaction.atomic
def draft(lines: Sequence[tuple[str, str]], person: Person, *, now: datetime) -> list[Request]:
    """Make a draft for each listing (and product, or ``""``) of a cart; they form a bundle.

    :raises NotFound: there is no such listing, or the person may not know of it.
    :raises Invalid: it is not shared, or offers nothing that can be asked for.
    """
    bundle = new_id("bundle") if len(lines) > 1 else ""
    return [
        _draft(_wanted(listing, person), product, person, bundle, now) for listing, product in lines
    ]


def _wanted(listing_id: str, person: Person) -> Listing:
    row = listing_row(listing_id)
    if not visible(row, person.department):
        raise no_listing(listing_id)
    if row.share_class == ShareClass.REFUSED and row.owner_id != person.department:
        raise Invalid(
            Text(f"“{row.title_zh}”不予共享", f"“{row.title_en or row.id}” is not shared"),
            Text("请查看其理由与依据", "its reason and law stand on its page"),
        )
    if row.dataset_id is None:
        raise Invalid(
            Text("该类资源暂不能申请", "resources of this kind cannot be asked for yet"),
            Text("请选择数据资源", "choose a data resource"),
        )
    return row


def _draft(listing: Listing, product: str, person: Person, bundle: str, now: datetime) -> Request:
    last = (
        Request.objects.filter(requested_by=person.username, submitted_at__isnull=False)
        .order_by("-submitted_at")
        .first()
    )
    told = last.body if last else {}
    ask = Ask(
        basis=told.get("basis", ""), disposal=told.get("disposal", ""), valid_until=now + USUAL
    )
    programs = [each.id for each in exchange.clients_of(person.department) if each.active]
    known = last.client if last and last.client in programs else ""
    client = known or (programs[0] if len(programs) == 1 else "")
    return _new(listing, ask, person, now, interface=product, client=client, bundle=bundle)


def _new(
    listing: Listing,
    ask: Ask,
    person: Person,
    now: datetime,
    *,
    interface: str,
    client: str,
    bundle: str = "",
    renews: Request | None = None,
    copied: str = "",
) -> Request:
    row = Request.objects.create(
        id=new_id("req"),
        listing=listing,
        interface=interface,
        client=client,
        department_id=person.department,
        provider_id=listing.owner_id,
        requested_by=person.username,
        bundle=bundle,
        body=ask_to_json(ask),
        renews=renews,
        created_at=now,
        changed_at=now,
    )
    told = {"listing": listing.id}
    if renews:
        told["renews"] = renews.id
    if copied:
        told["copied"] = copied
    note(row, "store.request.drafted", by=person.username, now=now, **told)
    return row


def draft_of_cart(person: Person, *, now: datetime) -> list[Request]:
    """Make the drafts of a person's whole cart and empty it.

    :raises Invalid: the cart is empty, or one of its lines cannot be asked for.
    """
    with transaction.atomic():
        rows = list(CartLine.objects.filter(username=person.username).order_by("added_at", "id"))
        if not rows:
            raise Invalid(
                Text("选购车是空的", "the cart is empty"),
                Text("请先在资源商店中选择资源", "choose resources in the store first"),
            )
        made = draft([(row.listing_id, row.interface) for row in rows], person, now=now)
        CartLine.objects.filter(id__in=[row.id for row in rows]).delete()
        return made


def save(
    row: Request,
    ask: Ask,
    *,
    interface: str | None = None,
    client: str | None = None,
    now: datetime,
) -> Request:
    """Save a step of the wizard; other steps are as they were.

    :raises Conflict: it is no draft any more, or was changed meanwhile.
    """
    if row.state not in EDITABLE:
        raise taken(row)
    fields: dict[str, object] = {"body": ask_to_json(ask)}
    if interface is not None:
        fields["interface"] = interface
    if client is not None:
        fields["client"] = client
    return change(row, fields, now=now)


def share_words(row: Request, *, now: datetime) -> int:
    """Copy purpose, basis and disposal to the other drafts of the cart; return to how many."""
    if not row.bundle:
        return 0
    others = Request.objects.filter(
        bundle=row.bundle, requested_by=row.requested_by, state=RequestState.DRAFT
    ).exclude(id=row.id)
    told = {name: row.body[name] for name in _SHARED}
    for other in others:
        change(other, {"body": {**other.body, **told}}, now=now)
    return len(others)


@transaction.atomic
def submit(row: Request, person: Person, *, now: datetime) -> Request:
    """Submit a draft, or resubmit what was returned; the deciders' steps begin.

    :raises NotAllowed: somebody else drafted it.
    :raises Invalid: something is missing or wrong, each fault at its field.
    :raises Conflict: it is neither draft nor returned any more.
    """
    require_own(row, person)
    found = faults_of(matter(row), now)
    if found:
        raise Invalid(
            Text("申请还不完整", "the request is not complete"),
            Text("请逐项补充", "complete each of these"),
            faults=tuple(found),
        )
    if row.state == RequestState.DRAFT:
        move(
            row, RequestState.SIGNOFF, by=person.username, now=now,
            verb="store.request.submitted", fields={"submitted_at": now},
        )  # fmt: skip
    else:
        note(row, "store.request.resubmitted", by=person.username, now=now)
    # Imported late: what decides may itself need to draft.
    import_module("duokua.store.actions.decision").begin(row, by=person.username, now=now)
    return row


@transaction.atomic
def submit_bundle(row: Request, person: Person, *, now: datetime) -> list[Request]:
    """Submit every draft of a cart, or none.

    :raises Invalid: one of them is not complete; faults are named by request and field.
    """
    rows = Request.objects.select_related("listing").filter(
        bundle=row.bundle, requested_by=person.username, state=RequestState.DRAFT
    )
    waiting = [row] if not row.bundle else list(rows.order_by("id"))
    done: list[Request] = []
    for each in waiting:
        try:
            done.append(submit(each, person, now=now))
        except Invalid as error:
            faults = tuple(
                Fault(f"{each.id}/{fault.where}", fault.what, fault.mend) for fault in error.faults
            )
            raise Invalid(error.what, error.mend, faults=faults or error.faults) from None
    return done


def require_own(row: Request, person: Person) -> None:
    """Check that a person may change what is asked.

    :raises NotAllowed: somebody else asked.
    :raises Conflict: it is neither draft nor returned.
    """
    require_applicant(row, person)
    if row.state not in EDITABLE:
        raise taken(row)


def require_applicant(row: Request, person: Person) -> None:
    """Check that a person asked.

    :raises NotAllowed: somebody else did.
    """
    if row.requested_by != person.username:
        raise NotAllowed(
            Text("只有申请人可以这样办理", "only the applicant may do this"),
            Text("请联系申请人", "ask the applicant"),
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
    Step.objects.filter(request=row, state__in=undone).update(state=StepState.VOID)
    return row


@transaction.atomic
def copy(row: Request, person: Person, *, now: datetime) -> Request:
    """Draft a request that asks for the same (编辑后重新申请), with the same files.

    :raises NotAllowed: another department asked for it.
    """
    _of_department(row, person)
    info = request_info(row)
    ask = replace(info.ask, duty=False, valid_from=None, valid_until=now + USUAL)
    fresh = _new(
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
    ask = replace(ask, valid_until=begin + USUAL)
    fresh = _new(
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
        "copy": same and row.state not in EDITABLE,
        "renew": same and row.state in RENEWABLE,
        "archive": own and row.state in _ENDED,
    }
    return frozenset(name for name, may in open_.items() if may)

"""Carts and requests, for the pages of the store: who may see what is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from duokua.exchange import facade as exchange
from duokua.exchange.forms.preview import Preview, sample
from duokua.identity.facade import Person
from duokua.kernel.errors import Fault, Faults, Invalid
from duokua.kernel.text import Text
from duokua.store.actions import attachment as files
from duokua.store.actions import cart as carts
from duokua.store.actions import drafting, request_life
from duokua.store.actions import request as actions
from duokua.store.models import Attachment, Event, Request
from duokua.store.selectors import request_list
from duokua.store.selectors.asking import (
    Matter,
    check_words,
    discloses_more,
    faults_of,
    matter,
)
from duokua.store.selectors.card import LIMITS, Card, card_of, quota_lines
from duokua.store.selectors.cart import cart_of, cart_size, listings_named
from duokua.store.selectors.completion import Completion, completions
from duokua.store.selectors.request_list import GROUPS
from duokua.store.selectors.request_list import SORTS as REQUEST_SORTS
from duokua.store.states.listing import ShareClass
from duokua.store.values.disclosure import Option, needed
from duokua.store.values.ordering import order_of
from duokua.store.values.request import (
    Ask,
    AttachmentInfo,
    CartItem,
    EventInfo,
    RequestLine,
    RequestPage,
)
from duokua.store.values.synthetic import synthetic_rows
from duokua.store.values.words import both

__all__ = [
    "GROUPS",
    "LIMITS",
    "REQUEST_SORTS",
    "Ask",
    "AttachmentInfo",
    "Card",
    "CartItem",
    "EventInfo",
    "Matter",
    "Option",
    "RequestLine",
    "RequestPage",
    "acts_open",
    "archive_old_requests",
    "archive_request",
    "attach",
    "attachments",
    "card",
    "card_of",
    "cart_of",
    "cart_size",
    "check_words",
    "copy_request",
    "detach",
    "discloses_more",
    "draft_cart",
    "draft_request",
    "drop_from_cart",
    "events",
    "faults_of",
    "faults_on",
    "fill_cart",
    "listings_named",
    "needed_columns",
    "open_attachment",
    "own_draft",
    "programs",
    "quota_lines",
    "register_program",
    "renew_request",
    "request_lines",
    "request_page",
    "requested",
    "save_step",
    "share_words",
    "siblings",
    "submit_all",
    "submit_request",
    "what_it_gives",
    "withdraw_request",
    "wordings",
]
EXPORTED = 5000
_SAMPLE_ROWS = {True: 600, False: 40}  # of a cube enough that groups are told; of all others

needed_columns = needed
fill_cart = carts.add
drop_from_cart = carts.remove
archive_old_requests = request_life.archive_old


def draft_request(listing_id: str, product: str, person: Person, *, now: datetime) -> str:
    """Draft a request for one listing; return its id.

    :raises NotFound: there is no such listing, or the person may not know of it.
    :raises Invalid: it is not shared.
    """
    return drafting.draft([(listing_id, product)], person, now=now)[0].id


def draft_cart(person: Person, *, now: datetime) -> list[str]:
    """Draft a request for each line of the cart and empty it; return their ids.

    :raises Invalid: the cart is empty, or a line cannot be asked for.
    """
    return [row.id for row in drafting.draft_of_cart(person, now=now)]


def requested(request_id: str, person: Person) -> Matter:
    """Return a request that a person may see, with what it is about.

    :raises NotFound: there is none, or they may not know of it.
    """
    return matter(request_list.seen_by(request_id, person))


def own_draft(request_id: str, person: Person) -> Matter:
    """Return a request of which a person may change what is asked.

    :raises NotFound: there is none, or they may not know of it.
    :raises NotAllowed: somebody else asked.
    :raises Conflict: it is neither draft nor returned.
    """
    row = _seen(request_id, person)
    actions.require_own(row, person)
    return matter(row)


def _seen(request_id: str, person: Person) -> Request:
    return request_list.seen_by(request_id, person)


def request_page(
    person: Person, asked: Mapping[str, str], *, sort: str | None, after: str | None
) -> RequestPage:
    """Return a page of what a person and, as far as they see it, their department asked for."""
    rows = request_list.narrowed(request_list.asked_by(person), asked)
    return request_list.page_of(rows, sort=sort, after=after)


def request_lines(person: Person, asked: Mapping[str, str]) -> list[RequestLine]:
    """Return the same for a file, newest changes first."""
    rows = request_list.narrowed(request_list.asked_by(person), asked)
    return request_list.lines_of(rows, EXPORTED)


def siblings(request_id: str, person: Person) -> list[RequestLine]:
    """Return the other requests of the same cart.

    :raises NotFound: there is no such request, or they may not know of it.
    """
    row = _seen(request_id, person)
    return request_list.bundle_of(row) if row.requested_by == person.username else []


def save_step(
    of: Matter,
    ask: Ask,
    person: Person,
    *,
    interface: str | None = None,
    client: str | None = None,
    share: bool = False,
    now: datetime,
) -> Matter:
    """Save a page of the wizard, with ``share`` its words for every draft of the cart.

    :raises NotAllowed: somebody else asked.
    :raises Conflict: it is neither draft nor returned, or was changed meanwhile.
    """
    row = _seen(of.info.id, person)
    actions.require_own(row, person)
    actions.save(row, ask, interface=interface, client=client, now=now)
    if share:
        actions.share_words(row, now=now)
    return matter(row)


def submit_request(request_id: str, person: Person, *, reply: str = "", now: datetime) -> None:
    """Submit a request; see :func:`duokua.store.actions.request.submit`."""
    actions.submit(_seen(request_id, person), person, reply=reply, now=now)


def to_complete(request_id: str, person: Person) -> list[Completion]:
    """Return what a return asked to be completed, and whether it was changed since.

    :raises NotFound: there is no such request, or they may not know of it.
    """
    return completions(_seen(request_id, person))


def submit_all(request_id: str, person: Person, *, now: datetime) -> list[str]:
    """Submit every draft of a request's cart, or none; return their ids.

    :raises Invalid: one of them is not complete.
    """
    return [row.id for row in actions.submit_bundle(_seen(request_id, person), person, now=now)]


def withdraw_request(request_id: str, person: Person, *, reason: str, now: datetime) -> None:
    """Withdraw a request; see :func:`duokua.store.actions.request_life.withdraw`."""
    request_life.withdraw(_seen(request_id, person), person, reason=reason, now=now)


def copy_request(request_id: str, person: Person, *, now: datetime) -> str:
    """Draft a request that asks for the same; return its id."""
    return request_life.copy(_seen(request_id, person), person, now=now).id


def renew_request(request_id: str, person: Person, *, now: datetime) -> str:
    """Draft the renewal of a request's grant; return its id."""
    return request_life.renew(_seen(request_id, person), person, now=now).id


def archive_request(request_id: str, person: Person, *, now: datetime) -> None:
    """Archive a request of one's own that has ended.

    :raises NotAllowed: somebody else asked.
    :raises Conflict: it has not ended.
    """
    row = _seen(request_id, person)
    actions.require_applicant(row, person)
    request_life.archive(row, by=person.username, now=now)


def attachments(request_id: str, person: Person) -> list[AttachmentInfo]:
    """Return the files of a request that a person may see.

    :raises NotFound: there is none, or they may not know of it.
    """
    rows = Attachment.objects.filter(request=_seen(request_id, person)).order_by("id")
    return [_file(row) for row in rows]


def _file(row: Attachment) -> AttachmentInfo:
    return AttachmentInfo(**{name: getattr(row, name) for name in AttachmentInfo.__slots__})


def attach(
    request_id: str, name: str, chunks: Iterable[bytes], person: Person, *, now: datetime
) -> AttachmentInfo:
    """Keep a file with a draft; see :func:`duokua.store.actions.attachment.attach`."""
    return _file(files.attach(_seen(request_id, person), name, chunks, person, now=now))


def detach(request_id: str, attachment_id: str, person: Person, *, now: datetime) -> None:
    """Take a file from a draft; see :func:`duokua.store.actions.attachment.detach`."""
    files.detach(_seen(request_id, person), attachment_id, person, now=now)


def open_attachment(
    request_id: str, attachment_id: str, person: Person, *, now: datetime
) -> tuple[AttachmentInfo, Path]:
    """Return a file and where it lies, having recorded who opens it.

    :raises NotFound: there is none, or they may not know of the request.
    """
    row, path = files.opened(_seen(request_id, person), attachment_id, person, now=now)
    return _file(row), path


def events(request_id: str, person: Person) -> list[EventInfo]:
    """Return what happened to a request, oldest first.

    :raises NotFound: there is none, or they may not know of it.
    """
    rows = Event.objects.filter(request=_seen(request_id, person)).order_by("id")
    return [EventInfo(row.at, row.by, row.acting_for, row.verb, row.detail) for row in rows]


def card(request_id: str, person: Person) -> Card:
    """Return what a request asks for, in words, to whom may see it.

    :raises NotFound: there is none, or they may not know of it.
    """
    return card_of(requested(request_id, person))


def what_it_gives(of: Matter, *, now: datetime) -> Preview:
    """Return what the applicant would get, over made-up rows and under the masks that are asked.

    :raises Invalid: no product is chosen, or the asking is wrong.
    """
    if of.product is None:
        raise Invalid(
            Text("还没有选择产品", "no product is chosen yet"),
            Text("请先完成第一步", "do the first step first"),
        )
    interface, contract = of.product.interface, of.product.contract
    order = order_of(of.info.ask, client="sample", interface=interface.id, now=now)
    # Of what the applicant has not come to yet, something that holds.
    until = now + timedelta(days=1)
    order = replace(
        order, purpose=order.purpose[:120] or "—", basis=order.basis[:200] or "—",
        valid_from=None, valid_until=until,
    )  # fmt: skip
    rows = synthetic_rows(contract, _SAMPLE_ROWS[interface.cube is not None])
    return sample(interface, contract, order, rows, now=now)


def acts_open(request_id: str, person: Person) -> frozenset[str]:
    """Return what a person may do now with a request: edit, withdraw, copy, renew, archive.

    :raises NotFound: there is none, or they may not know of it.
    """
    return request_life.acts_open(_seen(request_id, person), person)


def wordings(person: Person) -> dict[str, list[str]]:
    """Return what a person's earlier requests said of purpose, scenario and legal basis."""
    rows = Request.objects.filter(requested_by=person.username, submitted_at__isnull=False)
    bodies = list(rows.order_by("-submitted_at").values_list("body", flat=True)[:50])
    return {
        name: list(dict.fromkeys(body[name] for body in bodies if body.get(name)))[:8]
        for name in ("purpose", "scenario", "basis")
    }


def programs(person: Person) -> list[exchange.ClientInfo]:
    """Return the programs of a person's department that may call."""
    return [each for each in exchange.clients_of(person.department) if each.active]


def register_program(title: str, person: Person, *, now: datetime) -> str:
    """Register a program of a person's department; its keys are made on the page of its keys.

    :raises Invalid: the title is missing or too long.
    """
    faults = Faults()
    if not 2 <= len(title) <= 60 or "\0" in title:
        faults.add("client", "名称过短或过长", "the name is too short or too long",
                   "请用 2 至 60 字", "write 2 to 60 characters")  # fmt: skip
    faults.raise_if_any(Text("应用名称有误", "the name of the program is wrong"))
    made, _ = exchange.create_client(
        title=title, department=person.department, by=person.username, now=now
    )
    return made.id


def faults_on(of: Matter, now: datetime) -> dict[str, list[Fault]]:
    """Return what keeps a request from being submitted, by field."""
    told: dict[str, list[Fault]] = {}
    for fault in faults_of(of, now):
        told.setdefault(fault.where, []).append(fault)
    return told


def share_words(share_class: str) -> Text:
    """Return the words of a share class."""
    return both(ShareClass(share_class))

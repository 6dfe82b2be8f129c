"""Drafts of requests (起草申请): from a cart, from an earlier request, as a renewal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.identity.facade import Person
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Invalid
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.store.actions.events import note
from duokua.store.models import CartLine, Listing, Request
from duokua.store.selectors.listing import listing_row, no_listing, visible
from duokua.store.states.listing import ShareClass
from duokua.store.values.ordering import USUAL
from duokua.store.values.request import Ask, ask_to_json

audit.register({"store.request.drafted": Text("起草申请", "request drafted")})


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
        basis=told.get("basis", ""), disposal=told.get("disposal", ""), valid_until=a_year_from(now)
    )
    programs = [each.id for each in exchange.clients_of(person.department) if each.active]
    known = last.client if last and last.client in programs else ""
    client = known or (programs[0] if len(programs) == 1 else "")
    return new_draft(listing, ask, person, now, interface=product, client=client, bundle=bundle)


def new_draft(
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
    """Make a draft and note it."""
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


def a_year_from(begin: datetime) -> datetime:
    """Return the end of the day in the district a year after ``begin``."""
    day = (begin + USUAL).astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)

"""The cart (选购车): what a person means to ask for."""

from __future__ import annotations

from datetime import datetime

from duokua.identity.facade import Person
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.store.models import CartLine
from duokua.store.selectors.asking import products_of
from duokua.store.selectors.listing import listing_info, listing_row, no_listing, visible

MOST = 20


def add(listing_id: str, person: Person, *, product: str = "", now: datetime) -> None:
    """Put a listing into the cart; if it is there, its product is changed.

    :raises NotFound: there is no such listing, or the person may not know of it.
    :raises Invalid: it has no such product, or the cart is full.
    """
    row = listing_row(listing_id)
    if not visible(row, person.department):
        raise no_listing(listing_id)
    _check_product(listing_id, product, person)
    others = CartLine.objects.filter(username=person.username).exclude(listing=row)
    if others.count() >= MOST:
        raise Invalid(
            Text(f"选购车最多 {MOST} 项", f"a cart holds {MOST} resources"),
            Text("请先提交或移除一些", "submit or remove some first"),
        )
    CartLine.objects.update_or_create(
        username=person.username,
        listing=row,
        defaults={"interface": product},
        create_defaults={"interface": product, "added_at": now},
    )


def _check_product(listing_id: str, product: str, person: Person) -> None:
    if not product:
        return
    listing = listing_info(listing_row(listing_id))
    if product not in {each.interface.id for each in products_of(listing, person.department)}:
        raise Invalid(
            Text("该资源没有这个产品", "the resource has no such product"),
            Text("请从列表中选择", "choose from the list"),
        )


def remove(listing_id: str, person: Person) -> None:
    """Take a listing out of the cart; nothing happens if it is not there."""
    CartLine.objects.filter(username=person.username, listing_id=listing_id).delete()

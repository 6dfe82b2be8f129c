"""Reads of the cart (选购车)."""

from __future__ import annotations

from duokua.identity.facade import Person
from duokua.store.models import CartLine, Listing
from duokua.store.selectors.asking import products_of
from duokua.store.selectors.listing import listing_info, visible
from duokua.store.values.listing import ListingInfo
from duokua.store.values.request import CartItem


def cart_of(person: Person) -> list[CartItem]:
    """Return what is in a person's cart, in the order in which it came, with its products."""
    rows = CartLine.objects.select_related("listing").filter(username=person.username)
    return [
        CartItem(
            listing=(info := listing_info(row.listing)),
            interface=row.interface,
            products=products_of(info, person.department),
            available=visible(row.listing, person.department),
            added_at=row.added_at,
        )
        for row in rows.order_by("added_at", "id")
    ]


def cart_size(person: Person) -> int:
    """Return how many resources are in a person's cart."""
    return CartLine.objects.filter(username=person.username).count()


def listings_named(ids: list[str], department: str) -> list[ListingInfo]:
    """Return those of some listings that a department may see, in the order of their ids."""
    rows = {row.id: row for row in Listing.objects.filter(id__in=ids)}
    shown = (rows[each] for each in ids if each in rows and visible(rows[each], department))
    return [listing_info(row) for row in shown]

"""Listings as their pages show them."""

from __future__ import annotations

from datetime import datetime

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.store.models import Listing
from duokua.store.selectors import listing_pages as read
from duokua.store.selectors import route
from duokua.store.selectors.listing import listing_info, listing_row
from duokua.store.values.difference import Change
from duokua.store.values.listing import ListingBody, ListingInfo
from duokua.store.values.listing_page import (
    Blast,
    EditPage,
    ListingPage,
    OwnListing,
    ReviewPage,
    RouteStep,
)
from duokua.store.values.reviewing import post_of


def listing_page(listing_id: str, person: Person, *, now: datetime) -> ListingPage:
    """Return everything that a listing's page shows to a person.

    :raises NotFound: there is none, or they may not look at it.
    """
    return read.page_of(read.seen(listing_id, person), person, now)


def seen_listing(listing_id: str, person: Person) -> ListingInfo:
    """Return a listing that a person may look at.

    :raises NotFound: there is none, or they may not look at it.
    """
    return listing_info(read.seen(listing_id, person))


def edit_page(listing_id: str, person: Person) -> EditPage:
    """Return the draft of a listing of one's own department.

    :raises NotFound: there is none, or they may not look at it.
    :raises NotAllowed: another department's, or they are no steward.
    """
    return read.edit_page(owned(listing_id, person, Role.STEWARD))


def changes_of(listing_id: str, body: ListingBody) -> tuple[Change, ...]:
    """Return what a body says otherwise than what is on show.

    :raises NotFound: there is no such listing.
    """
    return read.changes(listing_row(listing_id), body)


def review_page(listing_id: str, person: Person) -> ReviewPage:
    """Return the version that waits, with all that a reviewer needs.

    :raises NotFound: nothing waits, or not for a post that this person holds.
    """
    return read.review_page(listing_row(listing_id), person)


def blast_radius(listing_id: str, person: Person, *, now: datetime) -> Blast:
    """Return who would feel it if a listing of one's own department went.

    :raises NotFound: there is none, or they may not look at it.
    :raises NotAllowed: another department's.
    """
    return read.blast(owned(listing_id, person, Role.STEWARD, Role.HEAD), now)


def own_listings(person: Person) -> list[OwnListing]:
    """Return the datasets of the person's department, each with its listing if it has one."""
    return read.own_listings(person.department)


def owned(listing_id: str, person: Person, *roles: Role) -> Listing:
    """Return a listing of a department in which a person holds one of these posts.

    :raises NotFound: there is none, or they may not look at it.
    :raises NotAllowed: they hold none.
    """
    row = listing_row(listing_id)
    if not any(post_of(person, role, row.owner_id) is not None for role in roles):
        read.seen(listing_id, person)
        raise NotAllowed(
            Text("只有资源所属部门可以办理", "only posts of the owning department may do this"),
            Text("请联系资源所属部门", "ask the department that owns it"),
        )
    return row


def route_of(page: ListingPage, *, now: datetime) -> tuple[RouteStep, ...]:
    """Return the steps from a request for a listing to its use; none where nothing is shared."""
    return route.route_of(page.info, tuple(each.shape for each in page.products), now)

"""Reads of listings."""

from __future__ import annotations

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.store.models import Listing, ListingVersion
from duokua.store.states.listing import VISIBLE
from duokua.store.values.listing import ListingInfo, body_from_json


def listing_row(listing_id: str) -> Listing:
    """Return a listing's row.

    :raises NotFound: there is none.
    """
    row = Listing.objects.filter(id=listing_id).first()
    if row is None:
        raise no_listing(listing_id)
    return row


def no_listing(listing_id: str) -> NotFound:
    """Return the error that a listing is absent, or not to be seen by whoever asks."""
    return NotFound(
        Text(f"没有上架资源“{listing_id}”", f"there is no listing {listing_id!r}"),
        Text("请在资源商店中查找", "look for it in the store"),
    )


def visible(row: Listing, department: str | None) -> bool:
    """Tell whether people of a department may see a listing: its own, or what is on show.

    A core listing (L4) is shown to its owner only.
    """
    if department is not None and row.owner_id == department:
        return True
    return row.state in VISIBLE and row.level != "L4"


def version_row(row: Listing) -> ListingVersion:
    """Return the version on show, or the newest one while none is."""
    versions = ListingVersion.objects.filter(listing=row)
    if row.shown:
        return versions.get(number=row.shown)
    return versions.latest("number")


def listing_info(row: Listing, version: ListingVersion | None = None) -> ListingInfo:
    """Return a listing as a value."""
    version = version or version_row(row)
    return ListingInfo(
        id=row.id,
        kind=row.kind,
        dataset=row.dataset_id,
        owner=row.owner_id,
        state=row.state,
        number=version.number,
        body=body_from_json(version.body),
        successor=row.successor_id,
        notice_until=row.notice_until,
        reason=row.reason,
        published_at=row.published_at,
        changed_at=row.changed_at,
        quality=row.quality,
        heat=row.heat,
        stars=row.stars / row.ratings if row.ratings else None,
        ratings=row.ratings,
    )

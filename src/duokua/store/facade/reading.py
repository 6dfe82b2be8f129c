"""Listings and requests as values, whoever asks: for neighbours that check who sees them."""

from __future__ import annotations

from duokua.store.selectors.listing import listing_info, listing_row, visible
from duokua.store.selectors.request import request_info, request_row
from duokua.store.values.listing import ListingInfo
from duokua.store.values.request import RequestInfo


def listing(listing_id: str) -> ListingInfo:
    """Return one listing, whoever asks.

    :raises NotFound: there is none.
    """
    return listing_info(listing_row(listing_id))


def may_see(listing_id: str, department: str | None) -> bool:
    """Tell whether people of a department may see a listing.

    :raises NotFound: there is none.
    """
    return visible(listing_row(listing_id), department)


def request(request_id: str) -> RequestInfo:
    """Return one request, whoever asks.

    :raises NotFound: there is none.
    """
    return request_info(request_row(request_id))

"""What the store offers to its neighbours and to its own pages; one module for each subject."""

from __future__ import annotations

from duokua.store.facade.reading import listing, may_see, request
from duokua.store.states.listing import ResourceKind, ShareClass
from duokua.store.states.request import RequestState
from duokua.store.values.listing import ListingInfo
from duokua.store.values.request import RequestInfo

__all__ = [
    "ListingInfo",
    "RequestInfo",
    "RequestState",
    "ResourceKind",
    "ShareClass",
    "listing",
    "may_see",
    "request",
]

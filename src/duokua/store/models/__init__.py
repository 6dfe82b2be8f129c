"""What the store keeps."""

from __future__ import annotations

from duokua.store.models.cart import CartLine
from duokua.store.models.decision import Dispute, DisputeEntry, Event, Step
from duokua.store.models.finding import Searched
from duokua.store.models.listing import Listing, ListingReview, ListingVersion
from duokua.store.models.opinion import Follow, Question, Rating
from duokua.store.models.request import Attachment, Probe, Request
from duokua.store.models.use import Use

__all__ = [
    "Attachment",
    "CartLine",
    "Dispute",
    "DisputeEntry",
    "Event",
    "Follow",
    "Listing",
    "ListingReview",
    "ListingVersion",
    "Probe",
    "Question",
    "Rating",
    "Request",
    "Searched",
    "Step",
    "Use",
]

"""A listing with the reviews that it had elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.store.values.assessment import Findings
from duokua.store.values.listing import ListingBody


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Who drafted, assessed, consented to and reviewed a listing (user names), and when."""

    dataset: str
    body: ListingBody
    steward: str
    security: str
    head: str
    bureau: str
    findings: Findings
    drafted_at: datetime
    shown_at: datetime
    comment: str = ""  # of the security officer

"""Versions and reviews of a listing (审核), as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.store.states.listing import VersionState
from duokua.store.values.listing import ListingBody
from duokua.store.values.words import both

# Whose duty a stage is. The head is that of the owner; the other two look after the whole district.
DUTIES: dict[VersionState, Role] = {
    VersionState.ASSESSMENT: Role.SECURITY,
    VersionState.CONSENT: Role.HEAD,
    VersionState.REVIEW: Role.BUREAU,
}
NEXT: dict[VersionState, VersionState] = {
    VersionState.ASSESSMENT: VersionState.CONSENT,
    VersionState.CONSENT: VersionState.REVIEW,
    VersionState.REVIEW: VersionState.SHOWN,
}


@dataclass(frozen=True, slots=True)
class ReviewInfo:
    """What one reviewer said at one stage; ``acting_for``: whose post it was, by delegation."""

    stage: str
    agreed: bool
    comment: str
    findings: Mapping[str, Any]
    at: datetime
    by: str
    acting_for: str

    @property
    def words(self) -> Text:
        """The stage in words."""
        return both(VersionState(self.stage))


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version of a listing."""

    listing: str
    number: int
    state: str
    revision: int
    body: ListingBody
    created_at: datetime
    created_by: str
    submitted_at: datetime | None
    submitted_by: str
    changed_at: datetime

    @property
    def words(self) -> Text:
        """Where it stands, in words."""
        return both(VersionState(self.state))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that waits for a review."""

    version: VersionInfo
    owner: str
    first: bool  # nothing of the listing has been on show yet
    mine: bool  # this person may decide on it


def duty_of(person: Person, stage: VersionState, owner: str) -> str | None:
    """Return in whose name a person may decide at a stage: "" in their own, ``None``: not at all."""
    return post_of(person, DUTIES[stage], owner if stage == VersionState.CONSENT else None)


def post_of(person: Person, role: Role, department: str | None) -> str | None:
    """Return in whose name a person holds a post: "" in their own, ``None``: they do not.

    Without a department a post of any department counts.
    """
    if role in person.roles and department in (None, person.department):
        return ""
    acting = (e for e in person.acting if e.role == role and department in (None, e.department))
    found = next(acting, None)
    return found.for_person if found else None

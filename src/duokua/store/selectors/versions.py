"""Reads of the versions of listings and of what was said in their reviews."""

from __future__ import annotations

from collections.abc import Iterable

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.store.models import Listing, ListingReview, ListingVersion
from duokua.store.states.listing import IN_REVIEW, VersionState
from duokua.store.values.listing import body_from_json
from duokua.store.values.reviewing import (
    DUTIES,
    ReviewInfo,
    VersionInfo,
    Waiting,
    duty_of,
    post_of,
)

UNDER_WAY = (VersionState.DRAFT, *IN_REVIEW)


def under_way(listing: Listing) -> ListingVersion | None:
    """Return the version that is being written or reviewed, if one is."""
    return ListingVersion.objects.filter(listing=listing, state__in=UNDER_WAY).first()


def need_under_way(listing: Listing) -> ListingVersion:
    """Return the version that is being written or reviewed.

    :raises NotFound: none is.
    """
    found = under_way(listing)
    if found is None:
        raise NotFound(
            Text("没有正在起草或审核的版本", "no version is being written or reviewed"),
            Text("请先发起变更", "begin a change first"),
        )
    return found


def newest_number(listing: Listing) -> int:
    """Return the number of the newest version, 0 without one."""
    numbers = ListingVersion.objects.filter(listing=listing).order_by("-number")
    return int(next(iter(numbers.values_list("number", flat=True)[:1]), 0))


def version_of(listing: Listing, number: int) -> ListingVersion:
    """Return a version by its number.

    :raises NotFound: there is none.
    """
    found = ListingVersion.objects.filter(listing=listing, number=number).first()
    if found is None:
        raise NotFound(
            Text(f"没有第 {number} 版", f"there is no version {number}"),
            Text("请查看版本记录", "look at the versions"),
        )
    return found


def version_info(row: ListingVersion) -> VersionInfo:
    """Return a version as a value."""
    return VersionInfo(
        listing=row.listing_id,
        number=row.number,
        state=row.state,
        revision=row.revision,
        body=body_from_json(row.body),
        created_at=row.created_at,
        created_by=row.created_by,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        changed_at=row.changed_at,
    )


def versions(listing: Listing, limit: int = 50) -> list[VersionInfo]:
    """Return the versions of a listing, newest first."""
    rows = ListingVersion.objects.filter(listing=listing).order_by("-number")[:limit]
    return [version_info(row) for row in rows]


def reviews(version: ListingVersion, *, this_round: bool = False) -> list[ReviewInfo]:
    """Return what was said of a version, oldest first; of this round: since it was submitted."""
    rows = ListingReview.objects.filter(version=version).order_by("id")
    if this_round:
        rows = rows.filter(at__gte=version.submitted_at)
        returned = list(rows.filter(agreed=False).order_by("-id").values_list("id", flat=True)[:1])
        rows = rows.filter(id__gt=returned[0]) if returned else rows
    return [review_info(row) for row in rows]


def review_info(row: ListingReview) -> ReviewInfo:
    """Return a review as a value."""
    return ReviewInfo(
        row.stage, row.agreed, row.comment, row.findings, row.at, row.by, row.acting_for
    )


def waiting(person: Person, limit: int = 200) -> list[Waiting]:
    """Return the versions that wait at a stage whose post this person holds, oldest first."""
    stages = [stage for stage, role in DUTIES.items() if post_of(person, role, None) is not None]
    rows = (
        ListingVersion.objects.filter(state__in=stages)
        .select_related("listing")
        .order_by("changed_at", "id")
    )
    if stages == [VersionState.CONSENT]:
        rows = rows.filter(listing__owner__in=_departments(person))
    return [each for row in rows[:limit] if (each := _waiting(row, person)) is not None]


def _departments(person: Person) -> Iterable[str]:
    acting = {each.department for each in person.acting if each.role == Role.HEAD}
    return acting | {person.department}


def _waiting(row: ListingVersion, person: Person) -> Waiting | None:
    stage = VersionState(row.state)
    owner = row.listing.owner_id if stage == VersionState.CONSENT else None
    acting = post_of(person, DUTIES[stage], owner)
    if acting is None:
        return None
    own = {person.username, acting} & {row.submitted_by, row.created_by}
    return Waiting(version_info(row), row.listing.owner_id, not row.listing.shown, not own)


def posts_on(version: ListingVersion, person: Person) -> bool:
    """Tell whether a person holds a post that has to do with a version that is reviewed."""
    if version.state not in IN_REVIEW:
        return False
    owner = version.listing.owner_id
    return any(duty_of(person, stage, owner) is not None for stage in IN_REVIEW)

"""Writing, reviewing and withdrawing listings (上架), for their pages and for setting up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.store.actions import judging, listing_bulk, reviewing, withdrawing
from duokua.store.actions import listing as writing
from duokua.store.models import Listing
from duokua.store.selectors import notice
from duokua.store.selectors import versions as read
from duokua.store.selectors.listing import listing_info, listing_row
from duokua.store.values import sharing
from duokua.store.values.assessment import Findings
from duokua.store.values.listing import ListingBody, ListingInfo
from duokua.store.values.listing_file import dump_listing, load_listing, named_listing
from duokua.store.values.reviewing import VersionInfo, Waiting, post_of
from duokua.store.values.taking_over import TakenOver


def propose_listing(dataset: str) -> ListingBody:
    """Return what a listing of a dataset would say, from its contract.

    :raises NotFound: there is no such dataset.
    """
    return sharing.proposed(lake.contract(dataset))


def draft_listing(
    dataset: str, *, by: Person, now: datetime, body: ListingBody | None = None
) -> ListingInfo:
    """Draft the listing of a dataset of one's own department; it bears the dataset's id.

    :raises NotFound: there is no such dataset.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Conflict: the dataset has a listing.
    """
    _need(by, lake.describe(dataset, viewer=by.department).owner, Role.STEWARD)
    return listing_info(writing.draft(dataset, body, by=by.username, now=now))


def change_listing(listing_id: str, *, by: Person, now: datetime) -> VersionInfo:
    """Begin a change of a listing as a new version; what is on show stays on show.

    :raises NotFound: there is no such listing.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Conflict: another version is under way.
    """
    _own(listing_id, by, Role.STEWARD)
    return read.version_info(writing.change(listing_id, by=by.username, now=now))


def save_listing(
    listing_id: str, body: ListingBody, *, revision: int, by: Person, now: datetime
) -> VersionInfo:
    """Save the draft of a listing, whole or not.

    :raises NotFound: there is no draft.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Invalid: it names what is not there, or is too long.
    :raises Conflict: somebody else was first.
    """
    _own(listing_id, by, Role.STEWARD)
    saved = writing.save(listing_id, body, revision=revision, by=by.username, now=now)
    return read.version_info(saved)


def submit_listing(listing_id: str, *, by: Person, now: datetime) -> VersionInfo:
    """Submit the draft of a listing to its three reviews.

    :raises NotFound: there is no draft.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Invalid: naming all that is wrong.
    :raises Conflict: it is submitted already.
    """
    acting_for = _own(listing_id, by, Role.STEWARD)
    return read.version_info(
        writing.submit(listing_id, by=by.username, now=now, acting_for=acting_for)
    )


def drop_listing(listing_id: str, *, by: Person, now: datetime) -> None:
    """Drop the draft of a listing.

    :raises NotFound: there is no draft.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Conflict: it is being reviewed.
    """
    _own(listing_id, by, Role.STEWARD)
    writing.drop(listing_id, by=by.username, now=now)


def review_listing(
    listing_id: str,
    *,
    by: Person,
    agreed: bool,
    comment: str = "",
    findings: Findings | None = None,
    revision: int | None = None,
    now: datetime,
) -> VersionInfo:
    """Agree to the version that waits, or return it; see :mod:`duokua.store.actions.reviewing`.

    :raises NotFound: nothing is under way.
    :raises NotAllowed: it is not this person's to decide.
    :raises Invalid: a return without a comment, or the findings forbid to agree.
    :raises Conflict: somebody else was first.
    """
    done = reviewing.review(
        listing_id, by, agreed=agreed, comment=comment, findings=findings, revision=revision,
        now=now,
    )  # fmt: skip
    return read.version_info(done)


def listings_to_review(person: Person) -> list[Waiting]:
    """Return the versions that wait for a post of this person, oldest first."""
    return read.waiting(person)


def announce_withdrawal(
    listing_id: str, *, reason: str, successor: str | None = None, by: Person, now: datetime
) -> ListingInfo:
    """Announce that a listing will be withdrawn when the notice has run.

    :raises NotFound: there is no such listing.
    :raises NotAllowed: the person is neither steward nor head of the owner.
    :raises Invalid: no reason, or the successor is not on show.
    :raises Conflict: it is not on show, or somebody else was first.
    """
    _own(listing_id, by, Role.STEWARD, Role.HEAD)
    return listing_info(
        withdrawing.announce(
            listing_id, reason=reason, successor=successor, by=by.username, now=now
        )
    )


def keep_listing(listing_id: str, *, by: Person, now: datetime) -> ListingInfo:
    """Take an announced withdrawal back.

    :raises NotFound: there is no such listing.
    :raises NotAllowed: the person is neither steward nor head of the owner.
    :raises Conflict: none is announced, or somebody else was first.
    """
    _own(listing_id, by, Role.STEWARD, Role.HEAD)
    return listing_info(withdrawing.keep(listing_id, by=by.username, now=now))


def complete_withdrawals(*, now: datetime) -> list[str]:
    """Withdraw every listing whose notice has run; return their ids."""
    return withdrawing.complete_due(now=now)


def publish_listings(given: Iterable[TakenOver], *, by: str, now: datetime) -> list[str]:
    """Put many listings on show with the reviews that they had elsewhere, with one audit record.

    :raises Invalid: naming all that is wrong with any of them.
    """
    return listing_bulk.take_over(given, by=by, now=now)


def judge_listings(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> int:
    """Judge the quality of every listing anew and keep it; return how many."""
    return judging.judge_all(now=now, progress=progress)


def measure_heat(*, now: datetime) -> int:
    """Keep how often each listing was called in the last 30 days; return how many changed."""
    return judging.measure_heat(now=now)


def listing_file(listing_id: str, body: ListingBody) -> str:
    """Write what a listing says as a file that :func:`list_by_file` reads to the same."""
    return dump_listing(listing_id, body)


def export_listing(listing_id: str) -> str:
    """Write a listing, as it is on show or drafted, as a file.

    :raises NotFound: there is no such listing.
    """
    info = listing_info(listing_row(listing_id))
    return dump_listing(info.id, info.body)


def list_by_file(text: str, *, source: str, by: str, now: datetime) -> VersionInfo:
    """Draft what a file says, or change the listing to it, and hand it to its three reviews.

    For operators of the platform and programs of a department; the reviews are the same.

    :raises Invalid: naming every fault with file and line.
    :raises NotFound: there is no such dataset.
    :raises Conflict: a version is being reviewed.
    """
    dataset = named_listing(text, source=source)
    body = load_listing(text, source=source, contract=lake.contract(dataset))
    return read.version_info(writing.write_whole(dataset, body, by=by, now=now))


def notice_end(now: datetime) -> datetime:
    """Return when a withdrawal that is announced now would be complete."""
    return notice.notice_end(now)


def _own(listing_id: str, person: Person, *roles: Role) -> str:
    row: Listing = listing_row(listing_id)
    return _need(person, row.owner_id, *roles)


def _need(person: Person, owner: str, *roles: Role) -> str:
    """Return in whose name a person holds one of these posts of the owner.

    :raises NotAllowed: they hold none.
    """
    for role in roles:
        acting_for = post_of(person, role, owner)
        if acting_for is not None:
            return acting_for
    raise NotAllowed(
        Text("只有资源所属部门的相应岗位可以办理", "only these posts of the owning department may"),
        Text("请联系资源所属部门", "ask the department that owns it"),
    )

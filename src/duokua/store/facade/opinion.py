"""What users say of listings: ratings, questions, following."""

from __future__ import annotations

from datetime import datetime

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.store.actions import opinion
from duokua.store.models import Listing
from duokua.store.selectors.listing import listing_row, no_listing, visible
from duokua.store.values.reviewing import post_of


def rate_listing(listing_id: str, *, by: Person, stars: int, text: str = "", now: datetime) -> None:
    """Rate a listing for the person's department, or change what it said.

    :raises NotFound: there is none, or it is not to be seen.
    :raises NotAllowed: the department neither uses it nor did.
    :raises Invalid: not one to five stars.
    """
    opinion.rate(_seen(listing_id, by), by, stars=stars, text=text, now=now)


def ask_question(listing_id: str, *, by: Person, text: str, now: datetime) -> int:
    """Ask something about a listing; return the question's number.

    :raises NotFound: there is none, or it is not to be seen.
    :raises Invalid: there is no text.
    """
    return opinion.ask(_seen(listing_id, by), by, text=text, now=now)


def answer_question(listing_id: str, number: int, *, by: Person, text: str, now: datetime) -> None:
    """Answer a question about a listing of one's own department.

    :raises NotFound: there is no such question.
    :raises NotAllowed: the person is no steward of the owner.
    :raises Conflict: it was answered already.
    """
    row = _seen(listing_id, by)
    if post_of(by, Role.STEWARD, row.owner_id) is None:
        raise NotAllowed(
            Text("只有资源所属部门的数据责任人可以答复", "only stewards of the owner answer"),
            Text("请等待答复", "wait for their answer"),
        )
    opinion.answer(number, listing_id, text=text, by=by.username, now=now)


def follow_listing(listing_id: str, *, by: Person, now: datetime) -> None:
    """Follow a listing.

    :raises NotFound: there is none, or it is not to be seen.
    """
    opinion.follow(_seen(listing_id, by), by.username, now=now)


def unfollow_listing(listing_id: str, *, by: Person) -> None:
    """Follow a listing no more.

    :raises NotFound: there is none, or it is not to be seen.
    """
    opinion.unfollow(_seen(listing_id, by), by.username)


def _seen(listing_id: str, person: Person) -> Listing:
    row = listing_row(listing_id)
    if not visible(row, person.department):
        raise no_listing(listing_id)
    return row

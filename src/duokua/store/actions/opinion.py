"""What users say of a listing: rate, ask, answer, follow."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note, Weight
from duokua.store.actions import listing_notes as notes
from duokua.store.actions.judging import judge_listing
from duokua.store.models import Follow, Listing, Question, Rating
from duokua.store.selectors.listing import no_listing
from duokua.store.selectors.opinion import has_used, stars_of
from duokua.store.signals import tell_changed

MOST_TEXT, MOST_ANSWER, MOST_STARS = 1000, 2000, 5
audit.register(
    {
        "listing.rate": Text("评价资源", "listing rated"),
        "listing.ask": Text("提问", "question asked about a listing"),
        "listing.answer": Text("答复提问", "question answered"),
    }
)


@transaction.atomic
def rate(row: Listing, person: Person, *, stars: int, text: str, now: datetime) -> None:
    """Rate (评价) a listing for the person's department, or change what it said.

    :raises NotAllowed: the department neither uses the listing nor did.
    :raises Invalid: not one to five stars, or the text is too long.
    """
    if row.owner_id == person.department or not has_used(row.id, person.department):
        raise NotAllowed(
            Text(
                "只有使用过该资源的部门可以评价", "only departments that use or used it may rate it"
            ),
            Text("请先申请使用", "ask for it and use it first"),
        )
    _check("stars", 1 <= stars <= MOST_STARS, Text("请给 1 到 5 星", "give one to five stars"))
    _check("text", len(text) <= MOST_TEXT, Text("至多 1000 字", "at most 1000 characters"))
    Rating.objects.update_or_create(
        listing=row, department_id=person.department,
        defaults={"stars": stars, "text": text.strip(), "by": person.username, "at": now},
    )  # fmt: skip
    total, number = stars_of(row.id)
    Listing.objects.filter(id=row.id).update(stars=total, ratings=number)
    tell_changed(row.id)
    title = Text(f"新评价：{row.title_zh}", f"Rated: {row.title_en}")
    told = Text(f"{stars} 星", f"{stars} of 5 stars")
    _tell_owner(row, f"listing.rating:{row.id}:{person.department}", title, told, Weight.NOTE, now)
    audit.record("listing.rate", by=person.username, of=row.id, at=now, detail={"stars": stars})


@transaction.atomic
def ask(row: Listing, person: Person, *, text: str, now: datetime) -> int:
    """Ask (提问) something about a listing; its owner's stewards are told. Return its number.

    :raises Invalid: there is no text, or it is too long.
    """
    what = Text("请写明问题，至多 1000 字", "write a question of at most 1000 characters")
    _check("text", 0 < len(text.strip()) <= MOST_TEXT, what)
    made = Question.objects.create(
        listing=row, department_id=person.department, by=person.username, at=now, text=text.strip()
    )
    title = Text(f"有人提问：{row.title_zh}", f"A question about {row.title_en}")
    cause = _question(made.pk)
    _tell_owner(row, cause, title, Text(made.text, made.text), Weight.WARNING, now)
    judge_listing(row, now=now)
    audit.record("listing.ask", by=person.username, of=row.id, at=now, detail={"question": made.pk})
    return int(made.pk)


def _question(number: int) -> str:
    return f"listing.question:{number}"


@transaction.atomic
def answer(number: int, listing_id: str, *, text: str, by: str, now: datetime) -> None:
    """Answer (答复) a question, once; who asked and who follows the listing are told.

    :raises NotFound: there is no such question about the listing.
    :raises Invalid: there is no text, or it is too long.
    :raises Conflict: it was answered already.
    """
    row = Question.objects.select_related("listing").filter(id=number, listing=listing_id).first()
    if row is None:
        raise NotFound(
            Text("没有该提问", "there is no such question"),
            Text("请刷新页面", "reload the page"),
        )
    what = Text("请写明答复，至多 2000 字", "write an answer of at most 2000 characters")
    _check("answer", 0 < len(text.strip()) <= MOST_ANSWER, what)
    told = {"answer": text.strip(), "answered_by": by, "answered_at": now}
    if not Question.objects.filter(id=number, answered_at=None).update(**told):
        raise Conflict(
            Text(f"已由 {row.answered_by} 答复", f"{row.answered_by} has answered it"),
            Text("请刷新页面", "reload the page"),
        )
    notify.clear(_question(number), now=now)
    _tell_answered(row, text.strip(), now)
    judge_listing(row.listing, now=now)
    audit.record("listing.answer", by=by, of=listing_id, at=now, detail={"question": number})


def _tell_answered(row: Question, text: str, now: datetime) -> None:
    listing = row.listing
    title = Text(f"提问已答复：{listing.title_zh}", f"Answered: {listing.title_en}")
    body, cause = Text(text, text), f"listing.answer:{row.pk}"
    note = Note(
        cause=cause, title=title, body=body, person=row.by, weight=Weight.NOTE,
        link=f"{notes.page_of(listing.id)}#questions",
    )  # fmt: skip
    notify.tell(note, now=now)
    notes.tell_followers(listing, cause, title, body, now, but=row.by)


def _tell_owner(
    row: Listing, cause: str, title: Text, body: Text, weight: Weight, now: datetime
) -> None:
    note = Note(
        cause=cause, title=title, body=body, department=row.owner_id, role=Role.STEWARD,
        weight=weight, link=f"{notes.page_of(row.id)}#questions",
    )  # fmt: skip
    notify.tell(note, now=now)


def follow(row: Listing, username: str, *, now: datetime) -> None:
    """Follow (关注) a listing; again is no change."""
    try:
        with transaction.atomic():
            Follow.objects.get_or_create(listing=row, username=username, defaults={"at": now})
    except IntegrityError:
        raise no_listing(row.id) from None


def unfollow(row: Listing, username: str) -> None:
    """Follow a listing no more."""
    Follow.objects.filter(listing=row, username=username).delete()


def _check(where: str, fine: bool, what: Text) -> None:
    if not fine:
        raise Invalid(what, what, faults=(Fault(where, what, what),))

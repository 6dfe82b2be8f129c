"""Reads of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.lists.paging import PAGE_ROWS, mark, read_instant
from duokua.notify.models import Address, Message, Reading
from duokua.notify.states import MessageState, Weight
from duokua.notify.values import AddressInfo, MessageInfo, MessagePage

UNREAD = "unread"  # a state of a message for its reader, beside its own


def of_person(person: Person) -> QuerySet[Message]:
    """Return the messages to a person, their post or their department."""
    post = Q(department=person.department, person="") & (Q(role="") | Q(role__in=person.hats))
    return Message.objects.filter(post | Q(person=person.username))


def inbox(person: Person, asked: Mapping[str, str], limit: int) -> list[MessageInfo]:
    """Return messages that are asked for, what was told last first."""
    return [_info(row) for row in _asked(person, asked).order_by("-updated_at", "-id")[:limit]]


def page(
    person: Person, asked: Mapping[str, str], *, sort: str | None, after: str | None
) -> MessagePage:
    """Return the messages after a mark, in the order of when they were told last."""
    down = sort != "told"
    rows = _asked(person, asked)
    if (place := read_instant(after)) is not None and place[1].isdecimal():
        at, id_, way = place[0], int(place[1]), "lt" if down else "gt"
        further = Q(**{f"updated_at__{way}": at}) | Q(updated_at=at, **{f"id__{way}": id_})
        rows = rows.filter(further)
    signs = ("-updated_at", "-id") if down else ("updated_at", "id")
    found = [_info(row) for row in rows.order_by(*signs)[: PAGE_ROWS + 1]]
    shown = tuple(found[:PAGE_ROWS])
    last = shown[-1] if len(found) > PAGE_ROWS else None
    following = mark(last.updated_at.isoformat(), str(last.id)) if last else None
    return MessagePage(shown, following, "-told" if down else "told")


def one(person: Person, number: int) -> MessageInfo | None:
    """Return a message to a person; ``None``: there is none of that number."""
    row = _asked(person, {}).filter(id=number).first()
    return _info(row) if row else None


def _asked(person: Person, asked: Mapping[str, str]) -> QuerySet[Message]:
    """Return a person's messages by ``state`` (open, unread, cleared), ``weight`` and words ``q``."""
    read = Reading.objects.filter(message=OuterRef("pk"), person=person.username)
    rows = of_person(person).annotate(read=Exists(read))
    state = asked.get("state", "")
    if state == UNREAD:
        rows = rows.filter(read=False, state=MessageState.OPEN)
    elif state:
        rows = rows.filter(state=state)
    if weight := asked.get("weight"):
        rows = rows.filter(weight=weight)
    if told := asked.get("q"):
        zh = Q(title_zh__icontains=told) | Q(body_zh__icontains=told)
        rows = rows.filter(zh | Q(title_en__icontains=told) | Q(body_en__icontains=told))
    return rows


def unread(person: Person) -> int:
    """Return how many open messages a person has not read."""
    read = Reading.objects.filter(message=OuterRef("pk"), person=person.username)
    return of_person(person).filter(~Exists(read), state=MessageState.OPEN).count()


def addresses() -> list[AddressInfo]:
    """Return every address."""
    rows = Address.objects.order_by("department", "role", "place")
    return [AddressInfo(row.department, row.role, row.channel, row.place) for row in rows]


def old(before: datetime) -> QuerySet[Message]:
    """Return what was cleared, or only told, before an instant."""
    done = Q(state=MessageState.CLEARED) | Q(weight=Weight.NOTE)
    return Message.objects.filter(done, updated_at__lt=before)


def _info(row: Message) -> MessageInfo:
    read: bool = row.read  # type: ignore[attr-defined]  # annotated
    return MessageInfo(
        id=row.pk,
        cause=row.cause,
        title=Text(row.title_zh, row.title_en),
        body=Text(row.body_zh, row.body_en),
        weight=Weight(row.weight),
        link=row.link,
        open=row.state == MessageState.OPEN,
        unread=not read,
        times=row.times,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        cleared_at=row.cleared_at,
    )

"""Reads of the inbox."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.notify.models import Address, Message, Reading
from duokua.notify.states import MessageState, Weight
from duokua.notify.values import AddressInfo, MessageInfo


def of_person(person: Person) -> QuerySet[Message]:
    """Return the messages to a person, their post or their department."""
    post = Q(department=person.department, person="") & (Q(role="") | Q(role__in=person.hats))
    return Message.objects.filter(post | Q(person=person.username))


def inbox(person: Person, before: int | None, limit: int) -> list[MessageInfo]:
    """Return messages newest first, those with numbers below ``before``."""
    read = Reading.objects.filter(message=OuterRef("pk"), person=person.username)
    rows = of_person(person).annotate(read=Exists(read)).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_info(row, unread=not row.read) for row in rows[:limit]]


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


def _info(row: Message, *, unread: bool) -> MessageInfo:
    return MessageInfo(
        id=row.pk,
        cause=row.cause,
        title=Text(row.title_zh, row.title_en),
        body=Text(row.body_zh, row.body_en),
        weight=Weight(row.weight),
        link=row.link,
        open=row.state == MessageState.OPEN,
        unread=unread,
        times=row.times,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        cleared_at=row.cleared_at,
    )

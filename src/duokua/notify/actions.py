"""Verbs of the inbox: tell, clear, read, forget; and letters that go outward."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel import environment
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.notify import selectors, wishes
from duokua.notify.channels import registry
from duokua.notify.channels.port import Outgoing, Undeliverable
from duokua.notify.models import Address, Letter, Message, Reading
from duokua.notify.signals import letters_wait
from duokua.notify.states import MessageState, SendState, Weight
from duokua.notify.values import Note

KEPT = timedelta(days=90)
_MOST_TITLE, _MOST_BODY = 200, 1000
_MOST_TRIES = 8
_AT_ONCE = 100

audit.register({"notify.address.set": Text("设置对外通知地址", "address of messages set")})


def tell(note: Note, *, now: datetime) -> int:
    """Tell something, or bring the open message of its cause up to date; return its number."""
    to = {"department": note.department, "role": note.role, "person": note.person}
    told = {
        "weight": note.weight,
        "title_zh": note.title.zh[:_MOST_TITLE],
        "title_en": note.title.en[:_MOST_TITLE],
        "body_zh": note.body.zh[:_MOST_BODY],
        "body_en": note.body.en[:_MOST_BODY],
        "link": note.link,
        "updated_at": now,
    }
    present = Message.objects.filter(cause=note.cause, state=MessageState.OPEN, **to)
    with transaction.atomic():
        if not present.update(times=F("times") + 1, **told):
            try:
                with transaction.atomic():
                    row = Message.objects.create(cause=note.cause, opened_at=now, **to, **told)
            except IntegrityError:  # another told it at this moment
                present.update(times=F("times") + 1, **told)
            else:
                _write_letters(row, now)
    return int(present.values_list("id", flat=True)[0])


def clear(cause: str, *, now: datetime) -> int:
    """Note that a cause is no more (消除); return how many messages that clears."""
    rows = Message.objects.filter(cause=cause, state=MessageState.OPEN)
    return rows.update(state=MessageState.CLEARED, cleared_at=now, updated_at=now)


def mark_read(person: Person, numbers: Sequence[int] | None, *, now: datetime) -> int:
    """Note that a person has read messages of theirs, all if ``numbers`` is ``None``."""
    rows = selectors.of_person(person)
    if numbers is not None:
        rows = rows.filter(id__in=numbers)
    known = set(
        Reading.objects.filter(person=person.username, message__in=rows).values_list(
            "message_id", flat=True
        )
    )
    fresh = [pk for pk in rows.values_list("id", flat=True) if pk not in known]
    Reading.objects.bulk_create(
        [Reading(message_id=pk, person=person.username, at=now) for pk in fresh],
        ignore_conflicts=True,
    )
    return len(fresh)


def forget_old(*, now: datetime) -> int:
    """Remove what was cleared, or only told, more than 90 days ago (保留期)."""
    return selectors.old(now - KEPT).delete()[1].get("notify.Message", 0)


_LIKE = {
    "mail": ("例如 office@example.org", "write it like office@example.org"),
    "webhook": (
        "例如 https://example.org/hook；内网主机须列入 DUOKUA_PRIVATE_HOSTS",
        "write it like https://example.org/hook; an inner machine stands in DUOKUA_PRIVATE_HOSTS",
    ),
    "chat": ("例如 dingtalk://令牌", "write it like dingtalk://token"),
}


def set_address(
    department: str,
    role: str,
    channel: str,
    place: str,
    *,
    remove: bool,
    by: str,
    now: datetime,
) -> None:
    """Let letters to a post go to an address, or no more.

    :raises Invalid: there is no such channel, or it cannot reach that place.
    """
    faults = Faults()
    if not identity.department_exists(department):
        faults.add("department", f"没有部门“{department}”", f"there is no department {department!r}",
                   "请填部门编号", "give the code of a department")  # fmt: skip
    found = registry.channels().get(channel)
    if found is None:
        names = "、".join(registry.channels())
        faults.add("channel", f"没有渠道“{channel}”", f"there is no channel {channel!r}",
                   f"可用：{names}", f"use one of {names}")  # fmt: skip
    elif not found.reaches(place):
        faults.add("place", f"渠道 {channel} 无法发往“{place}”",
                   f"{channel} cannot reach {place!r}", *_LIKE[channel])  # fmt: skip
    faults.raise_if_any(Text("通知地址有误", "the address is wrong"))
    told: dict[str, Any] = {"department": department, "role": role, "channel": channel}
    told["place"] = place
    with transaction.atomic():
        if remove:
            changed = bool(Address.objects.filter(**told).delete()[0])
        else:
            changed = Address.objects.get_or_create(**told)[1]
        if changed:
            detail = {"role": role, "channel": channel, "removed": remove}
            audit.record("notify.address.set", by=by, of=department, at=now, detail=detail)


def _write_letters(row: Message, now: datetime) -> None:
    """Write a letter for each address of the message's post, and as its readers want it."""
    wished = wishes.write_letters(row, now)
    if _to_addresses(row, now) or wished:
        letters_wait.send(sender=Message)


def _to_addresses(row: Message, now: datetime) -> bool:
    """Write a letter for each address of the message's post; a mere note stays in the inbox."""
    if row.weight == Weight.NOTE or not row.department:
        return False
    on = [name for name, channel in registry.channels().items() if channel.on()]
    fits = Q(role="") | Q(role=row.role) if row.role else Q()
    found = Address.objects.filter(fits, department=row.department, channel__in=on)
    letters = [Letter(message=row, address=address, at=now) for address in found]
    return bool(Letter.objects.bulk_create(letters))


def send_letters(*, now: datetime) -> tuple[int, int]:
    """Send the letters that wait; return how many went and how many are to be tried again."""
    sent = left = 0
    rows = Letter.objects.filter(state=SendState.WAITING).exclude(wish__digest=True)
    for letter in rows.select_related("message", "address", "wish").order_by("id")[:_AT_ONCE]:
        if _send(letter, now):
            sent += 1
        else:
            left += letter.tries + 1 < _MOST_TRIES
    return sent, left


def _send(letter: Letter, now: datetime) -> bool:
    message, goal = letter.message, letter.address or letter.wish
    channel = registry.channels()[goal.channel] if goal else None
    if goal is None or channel is None or not channel.on():
        return False
    outgoing = Outgoing(
        key=f"message-{message.pk}-{letter.address_id or f'w{letter.wish_id}'}",
        title=Text(message.title_zh, message.title_en),
        body=Text(message.body_zh, message.body_en),
        link=environment.read().address(message.link),
    )
    try:
        channel.send(goal.place, outgoing)
    except Undeliverable:
        tries = letter.tries + 1
        state = SendState.FAILED if tries >= _MOST_TRIES else SendState.WAITING
        Letter.objects.filter(pk=letter.pk).update(tries=tries, state=state, at=now)
        return False
    Letter.objects.filter(pk=letter.pk).update(state=SendState.SENT, at=now)
    return True

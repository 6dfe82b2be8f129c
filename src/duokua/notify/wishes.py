"""How a person wants to be told (通知偏好): by which channel, of what, at once or once a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel import environment
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.notify.channels import registry
from duokua.notify.channels.port import Outgoing, Undeliverable
from duokua.notify.models import Letter, Message, Wish
from duokua.notify.states import MessageState, SendState, Weight
from duokua.notify.values import WishInfo

PERSONAL = ("mail", "chat")  # a webhook is a program's, so a department's
MODES = ("never", "at_once", "daily")
_MOST_TITLES = 20
_KEPT = timedelta(days=7)  # what could not be sent for so long is left to the inbox


def wishes(person: Person) -> dict[str, WishInfo]:
    """Return what a person wants, by channel; only channels that are set up."""
    rows = list(Wish.objects.filter(person=person.username))
    return {name: _info(name, [row for row in rows if row.channel == name]) for name in _usable()}


def wish(
    person: Person, channel: str, place: str, modes: Mapping[str, str], *, now: datetime
) -> None:
    """Keep what a person wants of one channel; an empty place ends it.

    :raises Invalid: there is no such channel, or it cannot reach the place.
    """
    place = place.strip()
    found = registry.channels()[channel] if channel in _usable() else None
    if found is None or (place and not found.reaches(place)):
        what = Text("地址有误", "the address is wrong")
        mend = Text("例如 a@example.org", "for example a@example.org")
        raise Invalid(what, mend, faults=(Fault(channel, what, mend),))
    wanted = {
        weight: mode == "daily"
        for weight in Weight
        if place and (mode := modes.get(weight, "never")) in MODES and mode != "never"
    }
    with transaction.atomic():
        rows = Wish.objects.filter(person=person.username, channel=channel)
        rows.exclude(weight__in=wanted).delete()
        for weight, digest in wanted.items():
            Wish.objects.update_or_create(
                person=person.username,
                channel=channel,
                weight=weight,
                defaults={"place": place, "digest": digest},
            )


def write_letters(row: Message, now: datetime) -> bool:
    """Write a letter for each wish of the message's readers; tell whether there was one."""
    wishes = Wish.objects.filter(weight=row.weight)
    if not wishes.exists():  # mostly nobody wishes for letters of what is no more than a note
        return False
    found = list(wishes.filter(person__in=_readers(row, now)))
    Letter.objects.bulk_create([Letter(message=row, wish=each, at=now) for each in found])
    return bool(found)


def _readers(row: Message, now: datetime) -> list[str]:
    if row.person:
        return [row.person]
    if not row.role:
        return [each.username for each in identity.people_of(row.department, now)]
    found = identity.people_with(Role(row.role), row.department, now)
    return [each.username for each in found]


def digests() -> QuerySet[Letter]:
    """Return the letters that wait for the daily summary."""
    return Letter.objects.filter(state=SendState.WAITING, wish__digest=True)


def send_digests(*, now: datetime) -> int:
    """Send each person one letter for what gathered, by channel; return how many went.

    What was mended meanwhile is left out.
    """
    digests().filter(Q(message__state=MessageState.CLEARED) | Q(at__lt=now - _KEPT)).delete()
    gathered: dict[tuple[str, str], list[Letter]] = {}
    rows = digests().select_related("message", "wish").order_by("id")
    for letter in rows:
        if letter.wish is not None:
            gathered.setdefault((letter.wish.channel, letter.wish.place), []).append(letter)
    return sum(_send(*key, letters, now) for key, letters in gathered.items())


def _send(channel: str, place: str, letters: list[Letter], now: datetime) -> bool:
    found = registry.channels()[channel]
    if not found.on():
        return False
    try:
        found.send(place, _summary(letters, now))
    except Undeliverable:
        return False
    ids = [letter.pk for letter in letters]
    Letter.objects.filter(pk__in=ids).update(state=SendState.SENT, at=now)
    return True


def _summary(letters: Iterable[Letter], now: datetime) -> Outgoing:
    told = [letter.message for letter in letters]
    shown = told[:_MOST_TITLES]
    return Outgoing(
        key=f"digest-{told[0].pk}-{len(told)}-{now:%Y%m%d}",
        title=Text(f"今日 {len(told)} 条消息", f"{len(told)} messages of today"),
        body=Text(
            "\n".join(f"· {each.title_zh}" for each in shown),
            "\n".join(f"- {each.title_en}" for each in shown),
        ),
        link=environment.read().address("/messages/"),
    )


def _usable() -> list[str]:
    every = registry.channels()
    return [name for name in PERSONAL if every[name].on()]


def _info(name: str, rows: list[Wish]) -> WishInfo:
    modes = {row.weight: "daily" if row.digest else "at_once" for row in rows}
    modes = {str(weight): modes.get(weight, "never") for weight in Weight}
    return WishInfo(name, rows[0].place if rows else "", modes)

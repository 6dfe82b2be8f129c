"""What the other parts may ask of the inbox (通知)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from duokua.identity.facade import Person
from duokua.notify import actions, selectors
from duokua.notify import bulletins as _bulletins
from duokua.notify import wishes as _wishes
from duokua.notify.channels.webhook import signing_key
from duokua.notify.signals import letters_wait
from duokua.notify.states import Weight
from duokua.notify.values import (
    AddressInfo,
    BulletinInfo,
    BulletinText,
    MessageInfo,
    MessagePage,
    Note,
    WishInfo,
)

__all__ = [
    "AddressInfo",
    "BulletinInfo",
    "BulletinText",
    "MessageInfo",
    "MessagePage",
    "Note",
    "Weight",
    "WishInfo",
    "addresses",
    "bulletin",
    "bulletins",
    "clear",
    "end_bulletin",
    "forget_old",
    "inbox",
    "letters_wait",
    "mark_read",
    "message",
    "message_page",
    "send_digests",
    "send_letters",
    "set_address",
    "signing_key",
    "tell",
    "unread",
    "wish",
    "wishes",
    "write_bulletin",
]


def tell(note: Note, *, now: datetime) -> int:
    """Tell a post or a person something within the caller's transaction; return its number.

    While a message of the same cause to the same reader is open, that one is brought up to date.
    """
    return actions.tell(note, now=now)


def clear(cause: str, *, now: datetime) -> int:
    """Note that a cause is no more; return how many messages that clears."""
    return actions.clear(cause, now=now)


def inbox(
    person: Person, asked: Mapping[str, str] | None = None, *, limit: int = 50
) -> list[MessageInfo]:
    """Return a person's messages, what was told last first.

    ``asked`` narrows them by ``state`` (open, unread, cleared), ``weight`` and words ``q``.
    """
    return selectors.inbox(person, asked or {}, limit)


def message_page(
    person: Person, asked: Mapping[str, str], *, sort: str | None = None, after: str | None = None
) -> MessagePage:
    """Return the messages after a mark; ``sort`` is ``-told`` (newest first) or ``told``."""
    return selectors.page(person, asked, sort=sort, after=after)


def message(person: Person, number: int) -> MessageInfo | None:
    """Return a message to a person; ``None``: there is none of that number."""
    return selectors.one(person, number)


def unread(person: Person) -> int:
    """Return how many open messages a person has not read."""
    return selectors.unread(person)


def mark_read(person: Person, numbers: Sequence[int] | None = None, *, now: datetime) -> int:
    """Note that a person has read messages of theirs, by default all; return how many."""
    return actions.mark_read(person, numbers, now=now)


def forget_old(*, now: datetime) -> int:
    """Remove what was cleared, or only told, more than 90 days ago; return how many."""
    return actions.forget_old(now=now)


def set_address(
    department: str,
    *,
    channel: str,
    place: str,
    role: str = "",
    remove: bool = False,
    by: str,
    now: datetime,
) -> None:
    """Let letters to a department's post go to a place as well, or no more.

    :raises Invalid: there is no such channel, or it cannot reach that place.
    """
    actions.set_address(department, role, channel, place, remove=remove, by=by, now=now)


def addresses() -> list[AddressInfo]:
    """Return every address that letters go to."""
    return selectors.addresses()


def send_letters(*, now: datetime) -> tuple[int, int]:
    """Send the letters that wait; return how many went and how many are to be tried again."""
    return actions.send_letters(now=now)


def bulletins(
    *, now: datetime, limit: int = 5, words: str = "", state: str = _bulletins.SHOWN
) -> list[BulletinInfo]:
    """Return the public notices that are shown at ``now``, newest first.

    ``state`` is ``shown``, ``coming`` or ``over``; ``words`` narrows them.
    """
    return _bulletins.shown(now, limit, words=words, state=state)


def bulletin(number: int, *, now: datetime, writer: bool = False) -> BulletinInfo:
    """Return one public notice that is shown; to a ``writer`` also one that is not.

    :raises NotFound: there is none, or it is not shown.
    """
    return _bulletins.one(number, now, writer=writer)


def write_bulletin(text: BulletinText, *, by: Person, now: datetime) -> int:
    """Write a public notice; return its number.

    :raises NotAllowed: the writer is not of the data bureau.
    :raises Invalid: a text is missing or too long, or it would end before it begins.
    """
    return _bulletins.write(text, by=by, now=now)


def end_bulletin(number: int, *, by: Person, now: datetime) -> None:
    """Take a public notice down.

    :raises NotAllowed: the person is not of the data bureau.
    :raises NotFound: it is not shown.
    """
    _bulletins.end(number, by=by, now=now)


def wishes(person: Person) -> dict[str, WishInfo]:
    """Return how a person wants to be told, by channel; only channels that are set up."""
    return _wishes.wishes(person)


def wish(
    person: Person, channel: str, place: str, modes: Mapping[str, str], *, now: datetime
) -> None:
    """Keep how a person wants to be told by one channel; an empty place ends it.

    ``modes`` gives for each weight never, at_once or daily.

    :raises Invalid: there is no such channel, or it cannot reach the place.
    """
    _wishes.wish(person, channel, place, modes, now=now)


def send_digests(*, now: datetime) -> int:
    """Send everybody who wants it one letter for what gathered; return how many went."""
    return _wishes.send_digests(now=now)

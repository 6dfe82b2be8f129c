"""What the other parts may ask of the inbox (通知)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from duokua.identity.facade import Person
from duokua.notify import actions, selectors
from duokua.notify.signals import letters_wait
from duokua.notify.states import Weight
from duokua.notify.values import AddressInfo, MessageInfo, Note

__all__ = [
    "AddressInfo",
    "MessageInfo",
    "Note",
    "Weight",
    "addresses",
    "clear",
    "forget_old",
    "inbox",
    "letters_wait",
    "mark_read",
    "send_letters",
    "set_address",
    "tell",
    "unread",
]


def tell(note: Note, *, now: datetime) -> int:
    """Tell a post or a person something within the caller's transaction; return its number.

    While a message of the same cause to the same reader is open, that one is brought up to date.
    """
    return actions.tell(note, now=now)


def clear(cause: str, *, now: datetime) -> int:
    """Note that a cause is no more; return how many messages that clears."""
    return actions.clear(cause, now=now)


def inbox(person: Person, *, before: int | None = None, limit: int = 50) -> list[MessageInfo]:
    """Return a person's messages newest first, those with numbers below ``before``."""
    return selectors.inbox(person, before, limit)


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

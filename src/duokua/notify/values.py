"""What crosses the border of the inbox, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Text
from duokua.notify.states import Weight

_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a post or a person is to know.

    ``cause`` names the thing that is so: while a message of it is open, it is brought up to date
    instead of coming twice. Texts hold no personal value.
    """

    cause: str
    title: Text
    body: Text = _NOTHING
    department: str = ""
    role: str = ""
    person: str = ""
    weight: Weight = Weight.WARNING
    link: str = ""


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A message as its reader sees it."""

    id: int
    cause: str
    title: Text
    body: Text
    weight: Weight
    link: str
    open: bool
    unread: bool
    times: int
    opened_at: datetime
    updated_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of messages, the mark after which the next one begins, and their order."""

    rows: tuple[MessageInfo, ...]
    next: str | None
    sort: str


@dataclass(frozen=True, slots=True)
class AddressInfo:
    """Where letters to a post go."""

    department: str
    role: str
    channel: str
    place: str


@dataclass(frozen=True, slots=True)
class BulletinText:
    """What a public notice (公告) is to say, and from when until when; ``None``: until ended."""

    title: Text
    body: Text
    shown_from: datetime
    shown_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class BulletinInfo:
    """A public notice as its readers see it."""

    number: int
    title: Text
    body: Text
    shown_from: datetime
    shown_until: datetime | None


@dataclass(frozen=True, slots=True)
class WishInfo:
    """What a person wants of one channel: where to, and for each weight never, at once or daily."""

    channel: str
    place: str
    modes: Mapping[str, str]

"""What a listing says (上架信息), as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class ItemShare:
    """How one data item (数据项), a column, is shared."""

    name: str
    share_class: str  # states.listing.ShareClass
    condition: Text | None = None  # of conditional sharing
    reason: Text | None = None  # of refusing
    law: str = ""  # the article on which refusing rests


@dataclass(frozen=True, slots=True)
class ListingBody:
    """One version of what a listing says."""

    title: Text
    summary: Text
    share_class: str  # states.listing.ShareClass
    level: str  # L1 … L4
    domain: str = ""  # one of the five domains
    keywords: tuple[str, ...] = ()
    condition: Text | None = None
    reason: Text | None = None
    law: str = ""
    cycle: str = ""  # update cycle (更新周期) as a word: real_time, daily, weekly, monthly, …
    ways: tuple[str, ...] = ()  # ways of sharing (共享方式) as words
    contact: Text | None = None  # an office, never a private person
    phone: str = ""  # of the office
    items: tuple[ItemShare, ...] = ()

    def item(self, name: str) -> ItemShare:
        """Return how a column is shared; one that is not named is shared as the whole is."""
        told = next((item for item in self.items if item.name == name), None)
        return told or ItemShare(name, self.share_class, self.condition, self.reason, self.law)


def body_to_json(body: ListingBody) -> dict[str, Any]:
    """Return a body as plain values."""
    plain = {name: getattr(body, name) for name in ListingBody.__slots__}
    for name in ("title", "summary", "condition", "reason", "contact"):
        plain[name] = _text_out(plain[name])
    items = [
        {
            "name": item.name,
            "share_class": item.share_class,
            "condition": _text_out(item.condition),
            "reason": _text_out(item.reason),
            "law": item.law,
        }
        for item in body.items
    ]
    return {**plain, "keywords": list(body.keywords), "ways": list(body.ways), "items": items}


def body_from_json(told: Mapping[str, Any]) -> ListingBody:
    """Read a body."""
    plain = dict(told)
    for name in ("title", "summary", "condition", "reason", "contact"):
        plain[name] = _text_in(plain.get(name))
    items = tuple(
        ItemShare(
            item["name"],
            item["share_class"],
            _text_in(item["condition"]),
            _text_in(item["reason"]),
            item["law"],
        )
        for item in told["items"]
    )
    plain |= {"keywords": tuple(told["keywords"]), "ways": tuple(told["ways"]), "items": items}
    return ListingBody(**plain)


def _text_out(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"zh": text.zh, "en": text.en}


def _text_in(told: Mapping[str, str] | None) -> Text | None:
    return None if told is None else Text(told["zh"], told["en"])


@dataclass(frozen=True, slots=True)
class ListingInfo:
    """A listing with the version on show, or with its draft while none is."""

    id: str
    kind: str
    dataset: str | None
    owner: str  # department code
    state: str
    number: int  # of the version that ``body`` is
    body: ListingBody
    successor: str | None
    notice_until: datetime | None
    reason: str
    published_at: datetime | None
    changed_at: datetime
    quality: float | None  # 0…1
    heat: int  # calls of the last 30 days
    stars: float | None  # mean, 1…5
    ratings: int

    @property
    def title(self) -> Text:
        """Its title."""
        return self.body.title

"""What is asked and what is agreed (申请与同意的内容), as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from duokua.exchange.values import InterfaceInfo
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.grant import Quota
from duokua.lang.mask import Mask, mask_from_json, mask_to_json
from duokua.lang.predicate import Predicate, predicate_from_json, predicate_to_json
from duokua.store.values.listing import ListingInfo


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, and in a decision what is left of it."""

    purpose: str = ""  # 用途: short, as calls name it
    explanation: str = ""  # what for in the applicant's words
    basis: str = ""  # 法律依据: law and article
    scenario: str = ""  # 应用场景
    without: str = ""  # what happens if it is refused
    columns: tuple[str, ...] = ()
    masks: tuple[tuple[str, Mask], ...] = ()
    plain: tuple[str, ...] = ()  # columns asked for unmasked though their default is a mask
    row_filter: Predicate | None = None  # 数据范围
    quota: Quota = field(default_factory=Quota)
    row_cap: int = 10_000
    valid_from: datetime | None = None  # None: from the approval on
    valid_until: datetime | None = None
    duty: bool = False  # the security duty (安全责任) was accepted
    disposal: str = ""  # what becomes of the data at the end
    question: str = ""  # what the applicant needs to know: values.disclosure.Question
    more: str = ""  # why more than the least that serves the question is asked for


def ask_to_json(ask: Ask) -> dict[str, Any]:
    """Return what is asked as plain values."""
    plain = {name: getattr(ask, name) for name in Ask.__slots__}
    return plain | {
        "columns": list(ask.columns),
        "plain": list(ask.plain),
        "masks": {name: mask_to_json(mask) for name, mask in ask.masks},
        "row_filter": predicate_to_json(ask.row_filter) if ask.row_filter else None,
        "quota": {name: getattr(ask.quota, name) for name in Quota.__slots__},
        "valid_from": ask.valid_from.isoformat() if ask.valid_from else None,
        "valid_until": ask.valid_until.isoformat() if ask.valid_until else None,
    }


def ask_from_json(told: Mapping[str, Any], columns: dict[str, Column]) -> Ask:
    """Read what is asked, over the ``columns`` of the dataset's contract.

    :raises ValueError: a mask or the row filter does not fit the columns.
    """
    row_filter = told["row_filter"]
    return Ask(
        **{
            **told,
            "columns": tuple(told["columns"]),
            "plain": tuple(told["plain"]),
            "masks": tuple((name, mask_from_json(mask)) for name, mask in told["masks"].items()),
            "row_filter": predicate_from_json(row_filter, columns) if row_filter else None,
            "quota": Quota(**told["quota"]),
            "valid_from": _instant(told["valid_from"]),
            "valid_until": _instant(told["valid_until"]),
        }
    )


def _instant(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A request as its pages show it; ``agreed`` is what was decided, once it was."""

    id: str
    listing: str
    interface: str
    client: str
    department: str
    provider: str
    requested_by: str
    state: str
    ask: Ask
    agreed: Ask | None
    grant: str | None
    renews: str | None
    bundle: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    due_at: datetime | None
    ends_at: datetime | None
    changed_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as a line of a list."""

    id: str
    listing: str
    title: Text
    interface: str
    state: str
    purpose: str
    department: str
    department_name: Text
    provider: str
    provider_name: Text
    requested_by: str
    bundle: str
    submitted_at: datetime | None
    due_at: datetime | None
    ends_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page of a list of requests; ``next`` is the mark of the page after it."""

    rows: tuple[RequestLine, ...]
    next: str | None
    total: int
    sort: str


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """A file of a request."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class EventInfo:
    """What happened to a request, by whom, in words."""

    at: datetime
    by: str
    acting_for: str
    verb: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CartItem:
    """A resource in a cart, and its products, one of which may be chosen already."""

    listing: ListingInfo
    interface: str
    products: tuple[InterfaceInfo, ...]
    available: bool
    added_at: datetime

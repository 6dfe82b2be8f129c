"""What the exchange hands to its neighbours: frozen values, never models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from duokua.kernel.text import Text
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant, Quota
from duokua.lang.grant_file import GrantFile
from duokua.lang.interface import Interface
from duokua.lang.mask import Mask
from duokua.lang.predicate import Predicate


@dataclass(frozen=True, slots=True)
class InterfaceInfo:
    """A published interface with the contract of its dataset and what is served now."""

    interface: Interface
    contract: Contract
    rows: int | None  # None: no data has been published yet
    as_of: str | None  # ISO 8601, when the served data was committed
    published_at: datetime


@dataclass(frozen=True, slots=True)
class InterfaceLine:
    """What an interface is sorted by in a list: without declaration and contract, which are long."""

    id: str
    title: Text
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """A registered program of a department."""

    id: str
    department: str
    title: str
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key of a program, without its secret: ``standing``, ``ended`` or ``revoked``."""

    id: str
    label: str
    state: str
    created_at: datetime
    created_by: str
    until: datetime | None
    revoked_at: datetime | None
    revoked_reason: str
    last_used: date | None  # the day of the newest token, in the district's time


@dataclass(frozen=True, slots=True)
class GrantInfo:
    """A grant with its state in words: ``active``, ``future``, ``expired`` or ``revoked``."""

    grant: Grant
    state: str
    client_title: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """What is to be granted; checked against interface and contract before it becomes a grant."""

    client: str
    interface: str
    purpose: str
    basis: str
    valid_until: datetime
    valid_from: datetime | None = None  # None: from now on
    columns: tuple[str, ...] = ()  # empty: every column of the interface
    masks: tuple[tuple[str, Mask], ...] = ()
    row_filter: Predicate | None = None
    quota: Quota = field(default_factory=Quota)
    row_cap: int = 1_000_000
    plain: tuple[str, ...] = ()  # columns to show though their default is a mask

    @classmethod
    def of_file(cls, file: GrantFile) -> GrantOrder:
        """Return the order that a grant file states."""
        return cls(**{name: getattr(file, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a grant's quota is used, as last checkpointed by the gateway (≤ 2 s old)."""

    calls_today: int
    rows_today: int
    calls_total: int
    rows_total: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """The acknowledgement of a revocation: no gateway starts a call under the grant any more."""

    grant: str
    policy_version: int
    waited_s: float

"""The grant (授权): who may call which interface, what for, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.lang.mask import Mask
from duokua.lang.predicate import Predicate

OPEN = "open"  # the built-in grant of anonymous callers


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be called (配额); ``None`` is unlimited. Days are of Asia/Shanghai."""

    calls_per_day: int | None = None
    rows_per_day: int | None = None
    calls_total: int | None = None
    rows_total: int | None = None
    calls_per_second: int | None = None  # rate (限流), one second of burst


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant of one interface to one client, for one purpose."""

    id: str
    client: str
    department: str
    interface: str
    purpose: str
    basis: str  # legal basis (法律依据)
    columns: tuple[str, ...]
    masks: tuple[tuple[str, Mask], ...]
    row_filter: Predicate | None
    quota: Quota
    row_cap: int  # most rows of one `limit=all` answer
    valid_from: float  # seconds since 1970, inclusive
    valid_until: float  # exclusive


@dataclass(frozen=True, slots=True)
class Client:
    """A program (应用) of one department that may ask for tokens."""

    id: str
    department: str
    title: str
    secret_hash: str  # SHA-256 of the 256-bit random secret, hex

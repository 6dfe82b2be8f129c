"""What the execution path hands to a door: a small answer, or a stream still to be run."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from duokua.lang.contract import Column
from duokua.serving.bulk import Statement
from duokua.serving.encode import Row
from duokua.serving.seat import Seat


@dataclass(frozen=True, slots=True)
class Asked:
    """What every kind of call has: its format, the hash of its parameters, when it came.

    ``context`` is what its cursors are bound to.
    """

    format: str
    params: str
    now: float
    context: bytes = b""


@dataclass(frozen=True, slots=True)
class Small:
    """The rows of a small answer, their subjects, and the sealed place to go on from."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    subjects: Sequence[str] = ()
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """The statement of a bulk answer; its last columns are ``order`` places and the subject."""

    statement: Statement
    names: Sequence[str]
    order: int
    whole: bool  # every row: no cursor


@dataclass(slots=True)
class Answer:
    """A small answer: send ``body`` once ``durable`` has been awaited."""

    body: bytes
    media: str
    receipt: str
    next: str | None
    durable: Awaitable[None]


@dataclass(slots=True)
class Stream:
    """A bulk answer: await ``durable``, run ``job``, then close with what was really sent.

    It holds a place of the pool until then.
    """

    job: dict[str, Any]
    media: str
    receipt: str
    reserved: int
    seat: Seat
    as_of: str
    at: float  # when its rows were reserved
    durable: Awaitable[None]

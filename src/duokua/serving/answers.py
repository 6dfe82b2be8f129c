"""What the execution path hands to a door: a small answer, or a stream still to be run."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from duokua.serving.seat import Seat


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

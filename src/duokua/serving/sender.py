"""What every way of asking needs of the execution path: admission, receipts, answers."""

from __future__ import annotations

from typing import Protocol

from duokua.serving.answers import Answer, Asked, Bulk, Small, Stream
from duokua.serving.cursor import Cursors
from duokua.serving.receipts import ParameterHash
from duokua.serving.seat import Seat


class Sender(Protocol):
    """The part of :class:`duokua.serving.service.Serving` that answers rows already chosen."""

    cursors: Cursors
    hashes: ParameterHash

    def admit(self) -> None:
        """Refuse when nothing can be answered now."""

    def send_small(self, seat: Seat, small: Small, asked: Asked) -> Answer:
        """Encode rows that are there and append their receipt."""

    def send_bulk(self, seat: Seat, bulk: Bulk, asked: Asked, reserved: int) -> Stream:
        """Append the opening receipt of a bulk answer whose rows are reserved."""

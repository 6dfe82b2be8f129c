"""What doors put into their logs (到达记录): who sent what to which stream, and when it came."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

NDJSON, ARROW = "ndjson", "arrow"
HTTP_DOOR, MQTT_DOOR, FILE_DOOR = "http", "mqtt", "file"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came: ``body`` is NDJSON or an Arrow stream; ``at`` seconds since 1970."""

    sender: str
    stream: str
    at: float
    form: str
    body: bytes

    def packed(self) -> bytes:
        """Return it as an entry of a log."""
        head = orjson.dumps([self.sender, self.stream, self.at, self.form])
        return head + b"\n" + self.body


def unpacked(entry: bytes) -> Arrival:
    """Read what :meth:`Arrival.packed` wrote."""
    head, _, body = entry.partition(b"\n")
    sender, stream, at, form = orjson.loads(head)
    return Arrival(sender, stream, at, form, body)

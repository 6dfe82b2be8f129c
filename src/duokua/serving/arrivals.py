"""What doors put into their logs (到达记录): who sent what to which stream, and when it came."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

NDJSON, ARROW, FOREIGN = "ndjson", "arrow", "foreign"  # the last: by a topic of somebody else
TOPIC = "duokua"  # topics are duokua/{stream}/{sender}
_LEVELS = 3
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


def lines_of(payload: bytes) -> bytes:
    """Return a message's payload as NDJSON: an object, a list of objects, or lines of them.

    What is neither stays as it is, on one line: it stands aside later, with its reason.
    """
    if b"\n" not in payload and not payload.lstrip().startswith(b"["):
        return payload
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        lines = [line for line in payload.split(b"\n") if line.strip()]
        return b"\n".join(lines) or b"-"
    if isinstance(told, list) and told:
        return b"\n".join(map(orjson.dumps, told))
    return orjson.dumps(told)


def from_topic(topic: str, payload: bytes, sender: str | None, at: float) -> Arrival | None:
    """Return what a message on a topic is; ``None``: the topic is none of a stream.

    Without ``sender`` the broker has made sure that only a sender itself uses its topic.
    """
    parts = topic.split("/")
    if len(parts) != _LEVELS or parts[0] != TOPIC or not all(parts):
        return None
    own = sender is None or sender == parts[2]
    form = NDJSON if own else FOREIGN
    return Arrival(sender or parts[2], parts[1], at, form, lines_of(payload) or b"-")

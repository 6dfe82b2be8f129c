"""The door for events (事件入口): ``POST /ingest/{stream}`` with JSON, NDJSON or an Arrow stream.

What it has answered with 202 is on the disk. Whether an event is believed is judged afterwards, for
every door in the same way: who sends one poison event among thousands loses none of the others.
"""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.ipc as pa_ipc

from duokua.gateway import replies
from duokua.gateway.gathering import Gathering
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.errors import Unavailable
from duokua.serving.arrivals import ARROW, NDJSON, Arrival
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.senders import Senders

PATH = "/ingest/"
MOST_BYTES = 16 << 20  # of one request
_FORMS = {
    "application/json": "json",
    "application/x-ndjson": NDJSON,
    "application/ndjson": NDJSON,
    "application/vnd.apache.arrow.stream": ARROW,
}


class Door:
    """Takes events of devices by HTTP."""

    def __init__(self, senders: Senders, folder: Path) -> None:
        self._senders, self._log = senders, Gathering(folder)

    async def take(self, scope: Scope, proto: HTTPProtocol, stream: str) -> None:
        """Answer a request: 202 with how many events were taken, once they are durable.

        :raises Refusal: the sender is not known, the body cannot be read, or the log is full.
        """
        if scope.method != "POST":
            raise Refusal("method_not_allowed", allow="POST")
        sender = self._senders.admitted(scope.headers.get("authorization"), stream)
        media = (scope.headers.get("content-type") or "").partition(";")[0].strip().lower()
        form = _FORMS.get(media)
        if form is None:
            raise Refusal("events_unsupported")
        if not self._log.has_room():
            raise Refusal("overloaded", retry_after=5)
        told = await _body(proto)
        count, form, body = _read(told, form)
        try:
            await self._log.durable(Arrival(sender.id, stream, time.time(), form, body).packed())
        except Unavailable:
            raise Refusal("unavailable", part="ingest", retry_after=2) from None
        replies.json(proto, {"taken": count}, status=202)

    async def close(self) -> None:
        """Flush what was gathered; nothing is taken any more."""
        await self._log.close()


async def _body(proto: HTTPProtocol) -> bytes:
    parts, size = [], 0
    async for chunk in proto:
        size += len(chunk)
        if size > MOST_BYTES:
            raise Refusal("too_large")
        parts.append(chunk)
    return b"".join(parts)


def _read(body: bytes, form: str) -> tuple[int, str, bytes]:
    """Return how many events a body has, and the body as the log keeps it.

    :raises Refusal: it is not of its form, or empty.
    """
    if form == ARROW:
        return _arrow(body), ARROW, body
    if form == NDJSON:
        lines = [line for line in body.split(b"\n") if line.strip()]
        return _some(len(lines)), NDJSON, b"\n".join(lines)
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    events = told if isinstance(told, list) else [told]
    if not all(isinstance(each, dict) for each in events):
        raise bad_parameter("", "正文不是 JSON 对象或对象的列表",
                            "the body is no JSON object or list of objects",
                            "请发送 {…} 或 [{…}, …]", "send {…} or [{…}, …]")  # fmt: skip
    return _some(len(events)), NDJSON, b"\n".join(map(orjson.dumps, events))


def _arrow(body: bytes) -> int:
    try:
        with pa_ipc.open_stream(body) as reader:
            return _some(sum(batch.num_rows for batch in reader))
    except (pa.ArrowInvalid, OSError):
        refused = bad_parameter("", "正文不是完整的 Arrow 流", "the body is no whole Arrow stream",
                                "请按 Arrow IPC 流格式发送",
                                "send the Arrow IPC streaming format")  # fmt: skip
        raise refused from None


def _some(count: int) -> int:
    if not count:
        raise bad_parameter(
            "", "没有事件", "there is no event", "请至少发送一个", "send one or more"
        )
    return count

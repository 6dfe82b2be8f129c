"""The door for events (事件入口): ``POST /ingest/{stream}`` with JSON, NDJSON or an Arrow stream.

What it has answered with 202 is on the disk. Whether an event is believed is judged afterwards, for
every door in the same way: who sends one poison event among thousands loses none of the others.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.ipc as pa_ipc

from duokua.engine import eventlog
from duokua.engine.eventlog import LogWriter, Position
from duokua.gateway import replies
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.errors import Unavailable
from duokua.serving.arrivals import ARROW, NDJSON, Arrival
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.senders import Senders

PATH = "/ingest/"
MOST_BYTES = 16 << 20  # of one request
MOST_WAITING = 1 << 30  # bytes in the log; more are refused until they are worked off
_LOOK_S = 1.0
_FORMS = {
    "application/json": "json",
    "application/x-ndjson": NDJSON,
    "application/ndjson": NDJSON,
    "application/vnd.apache.arrow.stream": ARROW,
}


class Door:
    """Takes events of devices; what comes while one flush goes on shares the next."""

    def __init__(self, senders: Senders, folder: Path) -> None:
        self._senders, self._folder = senders, folder
        self._log = LogWriter(folder)
        self._gathered: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._full, self._looked, self._closed = False, 0.0, False

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
        self._check_room()
        told = await _body(proto)
        count, form, body = _read(told, form)
        now = time.time()
        await self._durable(Arrival(sender.id, stream, now, form, body).packed())
        replies.json(proto, {"taken": count}, status=202)

    def _check_room(self) -> None:
        if self._closed:
            raise Refusal("unavailable", part="ingest", retry_after=2)
        now = time.monotonic()
        if now - self._looked > _LOOK_S:
            self._looked = now
            self._full = eventlog.backlog(self._folder, Position()) > MOST_WAITING
        if self._full:
            raise Refusal("overloaded", retry_after=5)

    async def _durable(self, entry: bytes) -> None:
        done = asyncio.get_running_loop().create_future()
        self._gathered.append(entry)
        self._waiting.append(done)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        try:
            await done
        except Unavailable:
            raise Refusal("unavailable", part="ingest", retry_after=2) from None

    async def _flush(self) -> None:
        try:
            while self._gathered:
                entries, self._gathered = self._gathered, []
                waiting, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._log.write, entries)
                except Unavailable as error:
                    _settle(waiting, error)
                else:
                    _settle(waiting, None)
        finally:
            self._flushing = None

    async def close(self) -> None:
        """Flush what was gathered and give the log back; nothing is taken any more."""
        self._closed = True
        if self._flushing is not None:
            await self._flushing
        self._log.close()


def _settle(waiting: list[asyncio.Future[None]], error: Unavailable | None) -> None:
    for each in waiting:
        if each.done():
            continue
        if error is None:
            each.set_result(None)
        else:
            each.set_exception(error)


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

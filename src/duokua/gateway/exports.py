"""The doors of bulk export jobs (批量导出): ask for one, look how far it is, fetch its file.

``POST /data/{interface}/exports`` takes the parameters of the interface and a ``format`` and answers
202 with the job's address. The opening receipt is durable before a row is read, the closing one before
the file is offered. The file is for the grant that asked for it, for a day, while that grant is live.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from duokua.gateway import replies
from duokua.gateway.bodies import json_fields
from duokua.gateway.line import Line
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.gateway.streams import Streams, room
from duokua.kernel.clock import iso
from duokua.kernel.text import preferred_language
from duokua.lang.grant import OPEN
from duokua.lang.interface import Interface, Shape
from duokua.serving.answers import Stream
from duokua.serving.encode import MEDIA
from duokua.serving.export_store import DONE, ExportJob, ExportStore
from duokua.serving.life import life_headers
from duokua.serving.policy import boot_clock
from duokua.serving.pool import BulkFailed
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.seat import Seat
from duokua.serving.service import Serving

EXPORTS = "exports"
_CHUNK = 256 * 1024
_SWEEP_S = 0.5
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_log = logging.getLogger("duokua.gateway.exports")


class Exports:
    """Runs export jobs beside the calls and hands out their files."""

    def __init__(self, serving: Serving, streams: Streams, folder: Path) -> None:
        self._serving = serving
        self._streams = streams
        self._store = ExportStore(folder)
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by job

    async def sweep(self) -> None:
        """Delete files whose time or grant has ended, until cancelled."""
        while True:
            try:
                self._store.sweep(self._live, time.time())
            except Exception as error:  # looked at again; a file must not outlive its grant by it
                _log.error("exports not swept", extra={"error": type(error).__name__})
            await asyncio.sleep(_SWEEP_S)

    async def close(self) -> None:
        """Break off the jobs at work; each gets its closing receipt."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def answer(
        self,
        scope: Scope,
        proto: HTTPProtocol,
        seat: Seat,
        part: str,
        body: bytes,
        again: Callable[[], Seat],
    ) -> None:
        """Answer a call below ``/data/{interface}/exports``.

        :raises Refusal: with the reason.
        """
        grant, interface = seat.plan.grant, seat.plan.served.interface
        if grant.id == OPEN:
            raise Refusal("token_missing")
        if interface.shape is not Shape.PAGE:
            raise Refusal("not_found")
        _, _, below = part.partition("/")
        id_, _, file = below.partition("/")
        if not id_:
            return await self._collection(scope, proto, seat, body)
        job = self._store.get(id_, interface.id, grant.id)
        if file == "data":
            return await self._download(scope, proto, job, interface, again)
        if file:
            raise Refusal("not_found")
        if scope.method == "DELETE":
            await self._remove(job)
            return proto.response_bytes(204, [("cache-control", "no-store")], b"")
        if scope.method != "GET":
            raise Refusal("method_not_allowed", allow="GET, DELETE")
        return replies.json(proto, _told(job))

    async def _collection(self, scope: Scope, proto: HTTPProtocol, seat: Seat, body: bytes) -> None:
        interface, grant = seat.plan.served.interface.id, seat.plan.grant.id
        if scope.method == "GET":
            jobs = [_told(job) for job in self._store.of_grant(interface, grant)]
            return replies.json(proto, {"exports": jobs})
        if scope.method != "POST":
            raise Refusal("method_not_allowed", allow="GET, POST")
        job = await self._begin(seat, _query(json_fields(scope, body)))
        headers = (
            ("location", _address(job)),
            ("duokua-receipt", job.receipt),
            *life_headers(seat.plan.served.interface),
        )
        return replies.json(proto, _told(job), status=202, headers=headers)

    async def _begin(self, seat: Seat, query: str) -> ExportJob:
        interface, grant = seat.plan.served.interface.id, seat.plan.grant.id
        self._store.admit(interface, grant, len(self._tasks))
        now = time.time()
        stream = self._serving.call(seat, query, None, now)
        assert isinstance(stream, Stream)  # noqa: S101 - `limit=all` is always one
        try:
            job, file = self._store.open(
                interface,
                grant,
                stream.job["format"],
                receipt=stream.receipt,
                as_of=stream.as_of,
                created=now,
            )
        except OSError as error:
            await self._streams.give_up(stream)
            _log.error("no room for an export", extra={"error": str(error.errno)})
            raise Refusal("unavailable", part="disk", retry_after=600) from None
        task = self._tasks[job.id] = asyncio.create_task(self._run(job, stream, file))
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        await asyncio.sleep(0)  # it has begun: whoever breaks it off meets what closes its receipt
        return job

    async def _run(self, job: ExportJob, stream: Stream, file: FileIO) -> None:
        told = None
        try:
            with file:

                async def take(data: bytes) -> None:
                    await asyncio.to_thread(file.write, data)
                    job.bytes += len(data)

                told = await self._streams.collect(stream, take)
                await asyncio.to_thread(os.fsync, file.fileno())  # of gigabytes, it takes its time
        except OSError as error:
            told = None
            _log.error("export failed", extra={"receipt": job.receipt, "error": str(error.errno)})
        finally:
            self._store.finish(job, told["rows"] if told else None, time.time())

    async def _remove(self, job: ExportJob) -> None:
        """Delete a job; one at work is broken off first, so that it takes no place unseen."""
        task = self._tasks.get(job.id)
        self._store.remove(job)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    # --- the file ----------------------------------------------------------------------------

    async def _download(
        self,
        scope: Scope,
        proto: HTTPProtocol,
        job: ExportJob,
        interface: Interface,
        again: Callable[[], Seat],
    ) -> None:
        if scope.method != "GET":
            raise Refusal("method_not_allowed", allow="GET")
        path = self._store.data(job)
        if job.state != DONE:
            raise Refusal("export_not_ready", retry_after=2, link=_address(job))
        if not path.exists():  # erased, or it ended just now
            raise Refusal("not_found")
        size, etag = path.stat().st_size, f'"{job.id}"'
        span = _span(scope, size, etag)
        headers = replies.answer_headers(MEDIA[job.format], job.receipt, None, interface)
        headers += [
            ("accept-ranges", "bytes"),
            ("etag", etag),
            ("content-disposition", f'attachment; filename="{job.interface}.{job.format}"'),
        ]
        if span is None:
            return _no_such_range(proto, scope, size)
        begin, end = span
        headers.append(("content-length", str(end - begin)))
        partial = end - begin < size
        if partial:
            headers.append(("content-range", f"bytes {begin}-{end - 1}/{size}"))
        status = 206 if partial else 200
        await self._send(
            proto,
            scope.client,
            path,
            span,
            status,
            headers,
            lambda: again().plan.grant.id == job.grant,
        )

    async def _send(
        self,
        proto: HTTPProtocol,
        peer: str,
        path: Path,
        span: tuple[int, int],
        status: int,
        headers: list[tuple[str, str]],
        still: Callable[[], bool],
    ) -> None:
        begin, end = span
        line, whole = Line(peer), False
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(begin)
                transport = proto.response_stream(status, headers)
                while begin < end:
                    data = await asyncio.to_thread(file.read, min(_CHUNK, end - begin))
                    if not data or not await self._allowed(still):
                        break
                    await transport.send_bytes(data)
                    line.sent(len(data))
                    begin += len(data)
                    if line.full():
                        await room(line)
            whole = begin >= end
        except BulkFailed:
            pass  # the caller is gone
        finally:
            if not whole:
                line.cut()
            line.close()

    async def _allowed(self, still: Callable[[], bool]) -> bool:
        """Tell whether a download may go on; without a lease nobody knows what was revoked.

        Another grant of the same caller, or an interface that is open, does not count.
        """
        if boot_clock() >= self._serving.gate.lease_until:
            await asyncio.sleep(_SWEEP_S)  # one look may be a busy moment
            if boot_clock() >= self._serving.gate.lease_until:
                return False
        try:
            return still()
        except Refusal:
            return False

    def _live(self, grant_id: str) -> bool:
        grant = self._serving.state.grants.get(grant_id)
        return grant is not None and time.time() < grant.valid_until


def _query(fields: dict[str, object]) -> str:
    """Return the fields of a body as the query string of an export.

    :raises Refusal: ``parameters_invalid``.
    """
    for name in ("limit", "cursor"):
        if name in fields:
            raise bad_parameter(name, "导出总是全部行", "an export is always all rows",
                                "请去掉该参数", "leave it out")  # fmt: skip
    told = {name: _text(name, value) for name, value in fields.items()}
    return urlencode({"format": "csv", **told, "limit": "all"})


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
    raise bad_parameter(name, "参数应为文字、数字或真假", "a parameter is text, number or boolean",
                        "请改正", "mend it")  # fmt: skip


def _address(job: ExportJob) -> str:
    return f"/data/{job.interface}/exports/{job.id}"


def _told(job: ExportJob) -> dict[str, Any]:
    told = {
        "id": job.id,
        "state": job.state,
        "href": _address(job),
        "format": job.format,
        "rows": job.rows,
        "progress": {"bytes": job.bytes},
        "as_of": job.as_of,
        "receipt": job.receipt,
        "created_at": _instant(job.created),
        "expires_at": None if job.expires is None else _instant(job.expires),
        "download": f"{_address(job)}/data" if job.state == DONE else None,
    }
    return told


def _instant(at: float) -> str:
    return iso(datetime.fromtimestamp(int(at), UTC))


def _span(scope: Scope, size: int, etag: str) -> tuple[int, int] | None:
    """Return begin and end of what is asked for, ``None`` when the file has no such range.

    Several ranges at once, or those of another file, are answered whole, as RFC 9110 allows.
    """
    found = _RANGE.fullmatch((scope.headers.get("range") or "").strip())
    condition = scope.headers.get("if-range")
    if found is None or found.groups() == ("", "") or condition not in (None, etag):
        return 0, size
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    begin = int(first)
    end = min(size, int(last) + 1) if last else size
    return (begin, end) if begin < end else None


def _no_such_range(proto: HTTPProtocol, scope: Scope, size: int) -> None:
    refusal = Refusal("range_not_satisfiable")
    language = preferred_language(scope.headers.get("accept-language"))
    headers = [*refusal.headers(), ("content-range", f"bytes */{size}")]
    proto.response_bytes(refusal.status, headers, refusal.document(language))

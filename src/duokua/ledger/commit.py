"""Group commit (成组落盘) for an event loop: records of one turn share one flush to the disk.

A thread that flushes would fight the loop for the interpreter lock, so a child process chains,
writes, flushes and anchors (:mod:`duokua.ledger.writer`); a socket pair joins the two.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duokua.kernel.text import Text
from duokua.ledger.anchor import EVERY_S
from duokua.ledger.batch import Batch, LedgerFailed, ledger_failed
from duokua.ledger.record import SEGMENT_BYTES, LedgerBroken, LedgerLocked
from duokua.ledger.wire import ACK, CLOSE, HELLO_LENGTH, LENGTH

__all__ = ["Batch", "GroupCommit", "LedgerFailed"]

_REFUSALS = {LedgerBroken.code: LedgerBroken, LedgerLocked.code: LedgerLocked}
_CHILD_END_S = 30.0


class GroupCommit:
    """One ledger folder as seen by the one event loop that writes it.

    ``next_seq`` is the number that the next body must carry (``{"seq":N,`` first); ``durable`` the
    newest record on the disk; ``anchored`` the newest that the second place was known to hold at
    the last flush; ``failed`` turns true for good when the child or the disk is lost.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], sock: socket.socket, seq: int, anchored: int
    ) -> None:
        self.next_seq = seq + 1
        self.durable = seq
        self.anchored = anchored
        self.failed = False
        self._loop = asyncio.get_running_loop()
        self._process, self._socket = process, sock
        self._bodies: list[bytes] = []
        self._gathering: Batch | None = None
        self._in_flight: Batch | None = None
        self._scheduled = False
        self._unsent = memoryview(b"")
        self._received = b""
        self._closing = False
        self._ended = self._loop.create_future()
        self._loop.add_reader(sock, self._on_readable)

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        name: str,
        algorithm: str,
        anchor: str,
        anchor_every_s: float = EVERY_S,
        segment_bytes: int = SEGMENT_BYTES,
        patience_s: float = 10.0,
        beside: Mapping[str, Path] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> GroupCommit:
        """Start the writer and wait until it has checked the end of the ledger.

        ``patience_s``: the writer of a server that was killed just now may still be anchoring.
        ``beside`` names ledgers of seldom writers whose newest records it anchors as well.

        :raises LedgerLocked: another process writes this folder.
        :raises LedgerBroken: the end of the ledger is wrong, or shorter than its anchors.
        :raises LedgerFailed: the writer did not start.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        order = {
            "fd": theirs.fileno(),
            "folder": str(folder),
            "name": name,
            "algorithm": algorithm,
            "anchor": anchor,
            "anchor_every_s": anchor_every_s,
            "segment_bytes": segment_bytes,
            "patience_s": patience_s,
            "beside": {other: str(path) for other, path in (beside or {}).items()},
        }
        with theirs:
            process = _spawn(order, environ)
        try:
            hello = await _hello(ours)
        except BaseException:
            ours.close()
            await asyncio.to_thread(process.wait)
            raise
        return cls(process, ours, hello["seq"], hello["anchored"])

    @property
    def pending(self) -> int:
        """Records appended and not yet durable."""
        return self.next_seq - 1 - self.durable

    @property
    def writer_pid(self) -> int:
        """The process id of the writer."""
        return self._process.pid

    def append(self, body: bytes) -> Batch:
        """Append a record without a newline in it; the batch resolves once it is durable."""
        batch = self._gathering
        if batch is None:
            batch = self._begin_batch()
            if self.failed:
                return batch
        self._bodies.append(body)
        self.next_seq += 1
        return batch

    async def close(self) -> None:
        """Flush what was appended, anchor the end of the ledger, end the writer."""
        while (batch := self._gathering or self._in_flight) is not None:
            try:
                await batch
            except LedgerFailed:
                break
        if not self.failed and not self._closing:
            self._closing = True
            self._send(CLOSE)
        await asyncio.shield(self._ended)
        await asyncio.to_thread(self._process.wait, _CHILD_END_S)
        self.failed = True  # nothing can be appended any more

    def _begin_batch(self) -> Batch:
        batch = Batch(self._loop)
        if self.failed or self._closing:
            self.failed = True
            batch.settle(failed=True)
            return batch
        self._gathering = batch
        if self._in_flight is None and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)
        return batch

    def _flush(self) -> None:
        self._scheduled = False
        if self._gathering is None or self._in_flight is not None or self.failed:
            return
        data = b"\n".join(self._bodies)
        self._bodies.clear()
        self._in_flight, self._gathering = self._gathering, None
        self._send(LENGTH.pack(len(data)) + data)

    def _send(self, frame: bytes) -> None:
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._fail()
            return
        if sent < len(frame):
            self._unsent = memoryview(frame)[sent:]
            self._loop.add_writer(self._socket, self._on_writable)

    def _on_writable(self) -> None:
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._fail()
            return
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _on_readable(self) -> None:
        try:
            data = self._socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._fail()
            return
        self._received += data
        if len(self._received) < ACK.size:
            return
        self.durable, self.anchored = ACK.unpack_from(self._received)
        self._received = self._received[ACK.size :]
        batch, self._in_flight = self._in_flight, None
        if self._gathering is not None:
            self._flush()  # first, so that the writer works while the waiters run
        if batch is not None:
            batch.settle()

    def _fail(self) -> None:
        """The writer is gone: expected after :meth:`close`, else every waiter fails."""
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        if not self._closing:
            self.failed = True
            self._process.kill()
            self._process.poll()
        lost = [batch for batch in (self._in_flight, self._gathering) if batch is not None]
        self._in_flight = self._gathering = None
        self._bodies.clear()
        if not self._ended.done():
            self._ended.set_result(None)
        for batch in lost:
            batch.settle(failed=True)


def _spawn(order: dict[str, object], environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "duokua.ledger.writer", json.dumps(order)],
        stdin=subprocess.DEVNULL,
        pass_fds=[int(str(order["fd"]))],
        env=dict(os.environ if environ is None else environ),
        process_group=0,  # a terminal's Ctrl-C reaches the server, which then closes the ledger
    )


async def _hello(sock: socket.socket) -> dict[str, Any]:
    loop = asyncio.get_running_loop()

    async def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = await loop.sock_recv(sock, count - len(data))
            if not more:
                raise ledger_failed()
            data += more
        return data

    (length,) = HELLO_LENGTH.unpack(await exactly(HELLO_LENGTH.size))
    hello: dict[str, Any] = json.loads(await exactly(length))
    if hello["ok"]:
        return hello
    refusal = _REFUSALS.get(str(hello["code"]), LedgerFailed)
    raise refusal(Text(*hello["what"]), Text(*hello["mend"]))

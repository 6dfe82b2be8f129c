"""Gathering what comes to a door (成组接收): what arrives while one flush goes on shares the next."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from duokua.engine import eventlog
from duokua.engine.eventlog import LogWriter, Position
from duokua.kernel.errors import Unavailable
from duokua.kernel.text import Text

MOST_WAITING = 1 << 30  # bytes in the log; more are refused until they are worked off
_LOOK_S = 1.0


class Gathering:
    """The log of a door, for one event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, LogWriter(folder)
        self._entries: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._full, self._looked, self._closed = False, 0.0, False

    def has_room(self) -> bool:
        """Tell whether more may be taken: the log is neither closed nor too far behind."""
        now = time.monotonic()
        if now - self._looked > _LOOK_S:
            self._looked = now
            self._full = eventlog.backlog(self._folder, Position()) > MOST_WAITING
        return not (self._full or self._closed)

    async def durable(self, entry: bytes) -> None:
        """Append an entry; on return it is on the disk.

        :raises Unavailable: the disk is full or broken, or the door is being closed.
        """
        if self._closed:
            raise Unavailable(
                Text("正在停止，事件没有收下", "the door is closing: nothing was taken"),
                Text("请稍后重发", "send it again"),
            )
        done = asyncio.get_running_loop().create_future()
        self._entries.append(entry)
        self._waiting.append(done)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        try:
            while self._entries:
                entries, self._entries = self._entries, []
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
        if each.done():  # its sender has gone
            continue
        if error is None:
            each.set_result(None)
        else:
            each.set_exception(error)

"""The pool of bulk workers: bounded, so that a burst is refused and not queued for ever."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from duokua.serving.problems import Refusal
from duokua.serving.worker import FRAME

WORKERS = 2
WAITING = 8
_RETRY_S = 2
_SPILL = "duokua-bulk-"


class BulkFailed(Exception):
    """The worker could not run the statement or died over it."""


@dataclass(eq=False, slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    spill: str

    @classmethod
    async def start(cls, folder: Path | None) -> _Worker:
        ours, theirs = socket.socketpair()
        # Ours to remove: a worker is killed in the middle of its work, its rows must not stay.
        spill = tempfile.mkdtemp(prefix=_SPILL, dir=folder)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "duokua.serving.worker",
                str(theirs.fileno()),
                spill,
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env=_without_ours(),
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, reader, writer, spill)

    async def stop(self) -> None:
        self.writer.close()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        shutil.rmtree(self.spill, ignore_errors=True)

    async def frame(self) -> tuple[bytes, bytes]:
        kind, length = FRAME.unpack(await self.reader.readexactly(FRAME.size))
        return kind, await self.reader.readexactly(length)


def _without_ours() -> dict[str, str]:
    """Return the environment without our settings: a worker needs no database and no secret."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DUOKUA_")}


class Pool:
    """Pre-started workers; a job that finds none waits in a short queue or is refused."""

    def __init__(
        self, workers: int = WORKERS, waiting: int = WAITING, spill: Path | None = None
    ) -> None:
        self._spill = spill
        self._size = workers
        self._waiting = waiting
        self._queue: asyncio.Queue[_Worker] = asyncio.Queue()
        self._admitted = 0
        self._all: set[_Worker] = set()

    async def start(self) -> None:
        """Start the workers; what those of a killed gateway left behind goes first."""
        if self._spill is not None:
            self._spill.mkdir(parents=True, exist_ok=True)
            for left in self._spill.glob(f"{_SPILL}*"):
                shutil.rmtree(left, ignore_errors=True)
        for _ in range(self._size):
            await self._add()

    async def close(self) -> None:
        """End every worker, also one at work."""
        for worker in list(self._all):
            await self._drop(worker)

    def healthy(self) -> bool:
        """Tell whether every worker is there."""
        return len(self._all) == self._size

    def admit(self) -> None:
        """Take a place, to be given back with :meth:`leave`.

        :raises Refusal: ``overloaded``: every worker is at work and the line is full.
        """
        if self._admitted >= self._size + self._waiting:
            raise Refusal("overloaded", retry_after=_RETRY_S)
        self._admitted += 1

    def leave(self) -> None:
        """Give a place back."""
        self._admitted -= 1

    async def run(self, job: dict[str, Any]) -> AsyncGenerator[tuple[bytes, bytes], None]:
        """Run a job; yield its frames ``H``, ``D``… and ``E``.

        Leaving the loop early kills the worker, which stops the statement at once.

        :raises BulkFailed: the statement failed or the worker died.
        """
        worker = await self._queue.get()
        clean = False
        try:
            body = orjson.dumps(job)
            worker.writer.write(len(body).to_bytes(4, "little") + body)
            await worker.writer.drain()
            while True:
                kind, payload = await worker.frame()
                if kind == b"X":
                    clean = True
                    raise BulkFailed
                clean = kind == b"E"
                yield kind, payload
                if clean:
                    return
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise BulkFailed from error
        finally:
            await self._give_back(worker, clean)

    async def _give_back(self, worker: _Worker, clean: bool) -> None:
        if clean and worker.process.returncode is None:
            self._queue.put_nowait(worker)
            return
        await self._drop(worker)
        await self._add()

    async def _add(self) -> None:
        worker = await _Worker.start(self._spill)
        self._all.add(worker)
        self._queue.put_nowait(worker)

    async def _drop(self, worker: _Worker) -> None:
        self._all.discard(worker)
        await worker.stop()

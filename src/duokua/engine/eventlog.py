"""The log of a door (事件日志): what was sent, in order, durable before it is acknowledged.

It is kept in numbered segments. An entry is its length, a CRC-32 and its bytes; a torn one was never
acknowledged. A reader may see entries whose flush has failed since: their sender sends them again,
so whoever reads has to know an event by its number.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from duokua.engine.parts import synced
from duokua.kernel.errors import Conflict, Unavailable
from duokua.kernel.text import Text

SEGMENT_BYTES = 64 << 20
MOST_BYTES = 32 << 20  # of one entry
_HEAD = struct.Struct("<II")
_SUFFIX = ".events"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where the next entry begins: its segment, and the bytes before it."""

    segment: int = 0
    offset: int = 0


class LogWriter:
    """The one writer of a folder.

    :raises Conflict: another process writes there.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._segment_bytes = folder, segment_bytes
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise Conflict(
                Text(
                    f"另一个进程正在写入 {folder.name}", f"another process writes to {folder.name}"
                ),
                Text("请先停止它", "stop it first"),
            ) from None
        segments = _segments(folder)
        last = segments[-1] if segments else 0
        end = max((at.offset for _, at in _entries(_path(folder, last), last, 0)), default=0)
        self._open(last, end)

    def _open(self, segment: int, end: int) -> None:
        path = _path(self._folder, segment)
        fresh = not path.exists()
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, end)
        self._end = Position(segment, end)
        if fresh:
            synced([self._folder])

    def _end_segment(self) -> None:
        """Let the next entry begin a segment; what is in this one stays as it is for its readers."""
        self._shut()
        self._end = Position(self._end.segment + 1, 0)

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def end(self) -> Position:
        """Return where the next entry will begin."""
        return self._end

    def write(self, entries: Iterable[bytes]) -> Position:
        """Append entries, durable on return; return where the next one will begin.

        :raises Unavailable: the disk is full or broken; none of them is there then.
        """
        if self._end.offset >= self._segment_bytes:
            self._end_segment()
        data = b"".join(_HEAD.pack(len(e), zlib.crc32(e)) + e for e in entries)
        try:
            if self._file is None:
                self._open(self._end.segment, 0)
            assert self._file is not None  # noqa: S101 - just opened
            _write(self._file, data, self._end.offset)
        except OSError:
            self._end_segment()
            raise Unavailable(
                Text(
                    "磁盘已满或损坏，事件没有收下", "the disk is full or broken: nothing was taken"
                ),
                Text("请腾出空间后重发", "make room, then send again"),
            ) from None
        self._end = Position(self._end.segment, self._end.offset + len(data))
        return self._end

    def close(self) -> None:
        """Give the folder back."""
        self._shut()
        self._lock.close()

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def _write(file: int, data: bytes, offset: int) -> None:
    left = memoryview(data)
    while left:
        done = os.pwrite(file, left, offset)
        left, offset = left[done:], offset + done
    os.fdatasync(file)


def settle(folder: Path, at: Position) -> None:
    """Make everything before a position durable, also what its writer has not flushed yet.

    Who notes durably how far it has read does this first: else a power cut could let the log end
    before that, and later entries stand where nobody reads any more.
    """
    synced([_path(folder, at.segment)])


def read(folder: Path, after: Position) -> Iterator[tuple[bytes, Position]]:
    """Yield the entries from a position on, each with where the one after it begins."""
    for segment in _segments(folder):
        if segment >= after.segment:
            offset = after.offset if segment == after.segment else 0
            yield from _entries(_path(folder, segment), segment, offset)


def backlog(folder: Path, after: Position) -> int:
    """Return how many bytes wait from a position on."""
    sizes = {s: _path(folder, s).stat().st_size for s in _segments(folder) if s >= after.segment}
    return sum(sizes.values()) - (after.offset if after.segment in sizes else 0)


def forget(folder: Path, before: Position) -> int:
    """Remove the segments that lie wholly before a position; return how many there were."""
    gone = [segment for segment in _segments(folder) if segment < before.segment]
    for segment in gone:
        _path(folder, segment).unlink(missing_ok=True)
    return len(gone)


def _entries(path: Path, segment: int, offset: int) -> Iterator[tuple[bytes, Position]]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, crc = _HEAD.unpack(head)
            body = file.read(length) if length <= MOST_BYTES else b""
            if len(body) != length or zlib.crc32(body) != crc:
                return
            offset += _HEAD.size + length
            yield body, Position(segment, offset)


def _segments(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob(f"*{_SUFFIX}"))


def _path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:012d}{_SUFFIX}"

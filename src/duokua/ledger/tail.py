"""The writable end of a ledger: opened, checked, mended where a crash tore it, extended durably."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path

from duokua.kernel.text import Text
from duokua.ledger.record import (
    BODY_AT,
    LINK_CHARS,
    SEGMENT_BYTES,
    ZERO,
    Header,
    LedgerBroken,
    LedgerLocked,
    body_start,
    chain,
    read_header,
    read_seq,
    segment_path,
    segment_paths,
)

WINDOW_BYTES = 1024 * 1024
_LOCK_POLL_S = 0.005
_MEND = Text(
    "请先运行 duokua receipts verify 或 duokua audit verify，再从备份恢复",
    "run `duokua receipts verify` or `duokua audit verify`, then restore from a backup",
)


class Tail:
    """The end of one ledger folder, held by one process at a time.

    ``seq`` and ``link`` are those of the last durable record; ``recent`` are the numbers and links
    of the records that were checked on opening (the last ``window_bytes`` of the newest segment).
    After any ``OSError`` the tail is dead and has to be opened anew.

    :raises LedgerLocked: another process still holds the folder after ``wait_s`` seconds.
    :raises LedgerBroken: the end of the ledger is complete, but wrong.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        algorithm: str,
        segment_bytes: int = SEGMENT_BYTES,
        window_bytes: int = WINDOW_BYTES,
        wait_s: float = 0.0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name, self.algorithm = folder, name, algorithm
        self.seq, self.link = 0, ZERO
        self.recent: list[tuple[int, bytes]] = []
        self._segment_bytes, self._window_bytes = segment_bytes, window_bytes
        self._header: Header | None = None
        self._fd = -1
        self._size = 0
        self._lock = _lock(folder, wait_s)
        try:
            self._open_newest()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the folder go."""
        for fd in (self._fd, self._lock):
            if fd >= 0:
                os.close(fd)
        self._fd = self._lock = -1

    def extend(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Append records; they are durable on return. Return their links.

        :raises LedgerBroken: a body does not carry the number that is due.
        """
        for seq, body in enumerate(bodies, self.seq + 1):
            if not body.startswith(body_start(seq)) or b"\n" in body:
                raise _broken(f"记录序号应为 {seq}", f"a record should carry number {seq}")
        if self._must_rotate():
            self._rotate()
        links = chain(self.algorithm, self.link, bodies)
        data = b"\n".join([*map(b" ".join, zip(links, bodies, strict=True)), b""])
        _write_all(self._fd, data)
        os.fdatasync(self._fd)
        self._size += len(data)
        self.seq += len(bodies)
        self.link = links[-1] if links else self.link
        return links

    def _must_rotate(self) -> bool:
        header = self._header
        return header is None or header.hash != self.algorithm or self._size >= self._segment_bytes

    def _rotate(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        header = Header(self.name, self.algorithm, self.seq + 1, self.link)
        path = segment_path(self.folder, header.first)
        path.unlink(missing_ok=True)  # only ever a segment that holds no record yet
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o640)
        _write_all(self._fd, header.line())
        os.fsync(self._fd)
        _sync_folder(self.folder)
        self._header, self._size = header, len(header.line())

    def _open_newest(self) -> None:
        paths = segment_paths(self.folder)
        while paths and not _has_whole_line(paths[-1]):
            paths.pop().unlink()  # the crash came while a segment was begun; it holds no record
        if not paths:
            return
        path = paths[-1]
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND)
        self._size = _cut_torn_line(self._fd)
        with path.open("rb") as file:
            line = file.readline()
        header = self._header = read_header(line)
        if (
            header is None
            or header.ledger != self.name
            or path != segment_path(self.folder, header.first)
        ):
            raise _broken(f"{path.name} 的首行有误", f"the header of {path.name} is wrong")
        self.seq, self.link = header.first - 1, header.prev
        self._check_window(path, header, len(line))

    def _check_window(self, path: Path, header: Header, data_at: int) -> None:
        start, lines = self._window(data_at)
        if start > data_at and lines:  # the first whole line only seeds the check
            seed = read_seq(lines[0])
            if seed is None:
                raise _broken(
                    f"{path.name} 的末尾无法读取", f"the end of {path.name} is unreadable"
                )
            self.seq, self.link = seed, lines.pop(0)[:LINK_CHARS]
        links = chain(header.hash, self.link, [line[BODY_AT:] for line in lines])
        for line, link in zip(lines, links, strict=True):
            seq = self.seq + 1
            whole = line[:BODY_AT] == link + b" " and line.startswith(body_start(seq), BODY_AT)
            if not whole:
                raise _broken(f"第 {seq} 条记录与链不符", f"record {seq} does not fit the chain")
            self.seq, self.link = seq, link
            self.recent.append((seq, link))

    def _window(self, data_at: int) -> tuple[int, list[bytes]]:
        """Return where the window starts and its whole lines, two at least where there are two."""
        size = self._window_bytes
        while True:
            start = max(data_at, self._size - size)
            lines = os.pread(self._fd, self._size - start, start).split(b"\n")[:-1]
            if start > data_at:
                lines = lines[1:]  # begins in the middle of a line
            if start == data_at or len(lines) > 1:
                return start, lines
            size *= 4


def _broken(zh: str, en: str) -> LedgerBroken:
    return LedgerBroken(Text(zh, en), _MEND)


def _lock(folder: Path, wait_s: float) -> int:
    fd = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o640)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(_LOCK_POLL_S)
                continue
            os.close(fd)
            raise LedgerLocked(
                Text(f"账本 {folder} 正被另一进程写入", f"another process writes {folder}"),
                Text("请先停止那个进程", "stop that process first"),
            ) from None


def _has_whole_line(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().endswith(b"\n")


def _cut_torn_line(fd: int) -> int:
    """Cut what follows the last newline (it was never acknowledged); return the size left."""
    size = end = os.fstat(fd).st_size
    while end:
        start = max(0, end - 65_536)
        newline = os.pread(fd, end - start, start).rfind(b"\n")
        end = start + newline + 1 if newline >= 0 else start
        if newline >= 0:
            break
    if end < size:
        os.ftruncate(fd, end)
        os.fsync(fd)
    return end


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

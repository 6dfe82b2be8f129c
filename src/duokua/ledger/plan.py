"""Cuts a ledger into stretches that can be checked apart and that join without a gap.

Each stretch starts from the link that is *stored* in the line before it; that line belongs to the
stretch before, which checks it. So all stretches hold exactly if the whole chain holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from duokua.ledger.chunk import Chunk
from duokua.ledger.record import LINK_CHARS, ZERO, Header, read_header, read_seq

CHUNK_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Break:
    """A place between stretches where the ledger is wrong: record ``seq`` is the first bad one."""

    seq: int
    code: str


def first_header(path: Path) -> Header | None:
    """Return the header of a segment."""
    with path.open("rb") as file:
        return read_header(file.readline())


def plan(
    paths: list[Path], anchors: Mapping[int, bytes], *, whole: bool, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[Chunk | Break]:
    """Yield the stretches of ``paths`` in order; a :class:`Break` ends the plan.

    ``whole``: the paths are all of the ledger, so they have to begin with record 1.
    """
    seq, link, name = 0, ZERO, None
    for position, path in enumerate(paths):
        with path.open("rb") as file:
            line = file.readline()
            header = read_header(line)
            end, torn = _whole_lines_end(file)
            last = position == len(paths) - 1
            if header is None and last and whole and end == 0:
                return  # a crash came while this segment was begun
            if position == 0 and header is not None and not whole:
                seq, link = header.first - 1, header.prev if header.first > 1 else ZERO
            name = name or (header.ledger if header else None)
            code = _header_fault(header, path, name, seq, link)
            if code or header is None:
                overlap = header.first if header and code == "sequence" else seq + 1
                yield Break(min(seq + 1, overlap), code or "header")
                return
            yield from _stretches(file, path, header, len(line), end, anchors, chunk_bytes)
            seq, link = _last_record(file, len(line), end, (seq, link))
            if torn and not last:
                yield Break(seq + 1, "unreadable")
                return


def _header_fault(
    header: Header | None, path: Path, name: str | None, seq: int, link: bytes
) -> str:
    if header is None or header.ledger != name or path.stem != f"{header.first:020d}":
        return "header"
    if header.first != seq + 1:
        return "sequence"
    return "" if header.prev == link else "header"


def _stretches(
    file: BinaryIO,
    path: Path,
    header: Header,
    start: int,
    end: int,
    anchors: Mapping[int, bytes],
    chunk_bytes: int,
) -> Iterator[Chunk]:
    seq, link = header.first - 1, header.prev
    numbers = sorted(anchors)
    while start < end:
        stop, stored = _boundary(file, start + chunk_bytes, end)
        upto = bisect_right(numbers, stored[0]) if stored else len(numbers)
        within = {number: anchors[number] for number in numbers[bisect_right(numbers, seq) : upto]}
        yield Chunk(path, header.hash, start, stop, seq, link, within)
        start = stop
        if stored:
            seq, link = stored


def _boundary(file: BinaryIO, near: int, end: int) -> tuple[int, tuple[int, bytes] | None]:
    """Return an end of a line after ``near`` and the record in that line; the end if none fits."""
    if near < end:
        file.seek(near)
        file.readline()
        while file.tell() < end:
            line = file.readline()
            seq = read_seq(line)
            if seq is not None and file.tell() < end:
                return file.tell(), (seq, line[:LINK_CHARS])
    return end, None


def _whole_lines_end(file: BinaryIO) -> tuple[int, bool]:
    """Return where the last whole line ends, and whether something torn follows it."""
    size = file.seek(0, 2)
    end = size
    while end:
        start = max(0, end - 65_536)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1, start + newline + 1 < size
        end = start
    return 0, size > 0


def _last_record(
    file: BinaryIO, data_at: int, end: int, before: tuple[int, bytes]
) -> tuple[int, bytes]:
    """Return number and link stored in the last whole line, ``before`` when there is no record."""
    if end <= data_at:
        return before
    size = 65_536
    while True:
        start = max(data_at, end - 1 - size)
        file.seek(start)
        newline = (found := file.read(end - 1 - start)).rfind(b"\n")
        if newline >= 0 or start == data_at:
            line = found[newline + 1 :]
            return read_seq(line) or 0, line[:LINK_CHARS]
        size *= 4

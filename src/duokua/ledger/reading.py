"""Reading records back: onwards from a place, or newest first. Links are the verifier's matter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from duokua.ledger.record import BODY_AT, LINK_CHARS, read_header, read_seq, segment_paths

_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader has come: byte ``offset`` of the segment that begins with ``first``.

    ``before`` is the link of the record just before, so that a reader notices a ledger that was
    exchanged behind its back; empty at a segment's start.
    """

    first: int = 0
    offset: int = 0
    before: str = ""


def follow(folder: Path, place: Place) -> Iterator[tuple[list[bytes], Place]]:
    """Yield bodies in order from ``place`` to the present end, each block with the place after it.

    A line that is still being written is left for the next time.

    :raises ValueError: the place does not lie in this ledger.
    """
    paths = [path for path in segment_paths(folder) if int(path.stem) >= place.first]
    if place.first and (not paths or int(paths[0].stem) != place.first):
        raise ValueError(f"the segment of record {place.first} is gone from {folder}")
    for path in paths:
        first = int(path.stem)
        start = place if first == place.first else Place(first)
        yield from _follow_segment(path, start)


def read_records(folder: Path, *, after: int = 0) -> Iterator[bytes]:
    """Yield the bodies of all whole records numbered above ``after``, oldest first."""
    paths = segment_paths(folder)
    if not paths:
        return
    begun = [path for path in paths if int(path.stem) <= after + 1]
    path = begun[-1] if begun else paths[0]
    for bodies, _ in follow(folder, Place(int(path.stem), _offset_after(path, after))):
        yield from bodies


def newest_first(folder: Path) -> Iterator[bytes]:
    """Yield bodies from the newest backwards, reading only as much as is asked for."""
    for path in reversed(segment_paths(folder)):
        yield from _backwards(path)


def _follow_segment(path: Path, place: Place) -> Iterator[tuple[list[bytes], Place]]:
    offset = place.offset
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < offset:
            raise ValueError(f"{path} is shorter than when it was last read")
        head = file.readline()
        if read_header(head) is None:
            return  # still being begun
        _check_before(file.fileno(), place)
        offset = offset or len(head)
        file.seek(offset)
        while data := file.read(_BLOCK_BYTES):
            cut = data.rfind(b"\n") + 1
            if not cut:
                data += file.readline()
                cut = len(data)
                if not data.endswith(b"\n"):
                    return
            lines = data[: cut - 1].split(b"\n")
            offset += cut
            file.seek(offset)
            link = lines[-1][:LINK_CHARS].decode()
            yield [line[BODY_AT:] for line in lines], Place(place.first, offset, link)


def _check_before(fd: int, place: Place) -> None:
    if not place.before:
        return
    line, size = b"", 65_536
    while not line:
        start = max(0, place.offset - 1 - size)
        data = os.pread(fd, place.offset - 1 - start, start)
        newline = data.rfind(b"\n")
        if newline >= 0 or start == 0:
            line = data[newline + 1 :] or b"\n"
        size *= 4
    if line[:LINK_CHARS] != place.before.encode():
        raise ValueError("the ledger is not the one that was read before")


def _offset_after(path: Path, after: int) -> int:
    """Return where the first record later than ``after`` begins, by bisection."""
    with path.open("rb") as file:
        low = len(file.readline())
        high = os.fstat(file.fileno()).st_size
        while high - low > _BLOCK_BYTES // 16:  # the line at ``low`` is never too late
            file.seek((low + high) // 2)
            file.readline()
            start = file.tell()
            seq = read_seq(file.readline()) if start < high else None
            if seq is not None and seq <= after + 1:
                low = start
            else:
                high = (low + high) // 2
        file.seek(low)
        while (line := file.readline()).endswith(b"\n") and (read_seq(line) or 0) <= after:
            low = file.tell()
    return low


def _backwards(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        data_at = len(file.readline())
        end = os.fstat(file.fileno()).st_size
        pieces: list[bytes] = []  # of a line that begins further up, last piece first
        torn = True  # what follows the last newline has not been acknowledged
        while end > data_at:
            start = max(data_at, end - _BLOCK_BYTES)
            first, *others = os.pread(file.fileno(), end - start, start).split(b"\n")
            end = start
            if others:
                whole = [*others[:-1], others[-1] + b"".join(reversed(pieces))]
                pieces = []
                for line in reversed(whole):
                    if not torn:
                        yield line[BODY_AT:]
                    torn = False
            pieces.append(first)
        line = b"".join(reversed(pieces))
        if line and not torn:
            yield line[BODY_AT:]

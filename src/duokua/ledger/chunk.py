"""Checks one stretch of a segment; stretches are independent: several processes may share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from duokua.ledger.record import BODY_AT, LINK_CHARS, chain, fresh_hash, read_seq

_READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes ``start`` to ``end`` of ``path``, whole lines that follow record ``seq``, ``link``.

    ``anchors`` are the anchored links of the records in it.
    """

    path: Path
    algorithm: str
    start: int
    end: int
    seq: int
    link: bytes
    anchors: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found. ``bad`` is the first record at which the chain does not hold, with its
    ``code``; ``estranged`` the first record that differs from its anchor; ``anchored`` the last
    one before it that agrees."""

    last: int
    size: int
    bad: int | None = None
    code: str = ""
    estranged: int | None = None
    anchored: int = 0


def check(chunk: Chunk) -> Outcome:
    """Check numbers, links and anchors of a stretch, up to the first that is wrong.

    :raises OSError: the segment cannot be read.
    """
    copy = fresh_hash(chunk.algorithm).copy
    seq, link, size = chunk.seq, chunk.link, chunk.end - chunk.start
    anchors = sorted(chunk.anchors.items())
    anchored, estranged = 0, None
    for lines in _blocks(chunk):
        first, before = seq + 1, link
        for line in lines:
            seq += 1
            state = copy()
            state.update(link + line[BODY_AT:])
            link = line[:LINK_CHARS]
            if not line.startswith(b'%b {"seq":%d,' % (state.hexdigest().encode(), seq)):
                good = lines[: seq - first]
                bad, code = _blame(line, seq, [before, *good], chunk.algorithm)
                anchored, estranged = _compare(good, first, anchors, anchored, estranged)
                return Outcome(bad - 1, size, bad, code, estranged, anchored)
        anchored, estranged = _compare(lines, first, anchors, anchored, estranged)
    return Outcome(seq, size, None, "", estranged, anchored)


def _blame(line: bytes, expected: int, good: list[bytes], algorithm: str) -> tuple[int, str]:
    """Return the first bad record and a code. ``good`` are the lines before, as far as at hand.

    A line that continues the chain from further up shows that what stands between was put in,
    unless it only repeats a line from there.
    """
    seq = read_seq(line)
    if seq is None:
        return expected, "unreadable"
    if expected - len(good) < seq < expected:
        before, rival = good[seq - expected - 1][:LINK_CHARS], good[seq - expected]
        follows = chain(algorithm, before, [line[BODY_AT:]])[0] == line[:LINK_CHARS]
        if follows and rival != line:
            return seq, "sequence"
    return expected, "edited" if seq == expected else "sequence"


def _compare(
    lines: list[bytes],
    first: int,
    anchors: list[tuple[int, bytes]],
    anchored: int,
    estranged: int | None,
) -> tuple[int, int | None]:
    for seq, link in anchors:
        if estranged is not None or seq >= first + len(lines):
            break
        if seq >= first:
            if lines[seq - first][:LINK_CHARS] == link:
                anchored = seq
            else:
                estranged = seq
    return anchored, estranged


def _blocks(chunk: Chunk) -> Iterator[list[bytes]]:
    """Yield the chunk's lines, some megabytes at a time."""
    with chunk.path.open("rb") as file:
        file.seek(chunk.start)
        left, rest = chunk.end - chunk.start, b""
        while left:
            data = file.read(min(left, _READ_BYTES))
            if not data:
                break
            left -= len(data)
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            yield lines
        if rest:
            yield [rest]

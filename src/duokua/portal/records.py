"""One record of the ledger by its number, found by bisection: no segment is read whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from duokua.ledger.record import BODY_AT, LINK_CHARS, read_seq, segment_paths

_LOOK_AHEAD = 20_000  # records after an opening among which its closing is looked for
_NEAR = 4096  # bytes: below this, reading on is quicker than halving


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in the ledger: its number, its link and its body, byte for byte."""

    seq: int
    link: str
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """The body read as JSON."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def pretty(self) -> str:
        """The body, one field a line."""
        return json.dumps(self.fields, ensure_ascii=False, indent=2)


def record(folder: Path, seq: int) -> Record | None:
    """Return record ``seq`` of the ledger in ``folder``."""
    path = _segment(folder, seq)
    if path is None:
        return None
    with path.open("rb") as lines:
        _seek(lines, seq, path.stat().st_size)
        for line in lines:
            number = read_seq(line)
            if number is not None and number >= seq:
                return _record(line) if number == seq else None
    return None


def closing_of(folder: Path, seq: int) -> Record | None:
    """Return the closing record of the stream that record ``seq`` opened, where it is near."""
    path = _segment(folder, seq)
    wanted = f'"kind":"close","of":"r-{seq}"'.encode()
    if path is None:
        return None
    with path.open("rb") as lines:
        _seek(lines, seq, path.stat().st_size)
        for _, line in zip(range(_LOOK_AHEAD), lines, strict=False):
            if wanted in line[: BODY_AT + 120] and line.endswith(b"\n"):
                return _record(line)
    return None


def _segment(folder: Path, seq: int) -> Path | None:
    fitting = [path for path in segment_paths(folder) if int(path.stem) <= seq]
    return fitting[-1] if fitting else None


def _seek(lines: IO[bytes], seq: int, size: int) -> None:
    """Place ``lines`` at the start of a line at or shortly before record ``seq``."""
    low, high = 0, size
    while high - low > _NEAR:
        middle = (low + high) // 2
        lines.seek(middle)
        lines.readline()
        number = read_seq(lines.readline())
        if number is not None and number < seq:
            low = middle
        else:
            high = middle
    lines.seek(low)
    if low:
        lines.readline()


def _record(line: bytes) -> Record | None:
    number = read_seq(line)
    if number is None or not line.endswith(b"\n"):
        return None
    return Record(number, line[:LINK_CHARS].decode(), line[BODY_AT:-1].decode())

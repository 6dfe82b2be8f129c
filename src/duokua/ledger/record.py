"""The form of a ledger (账本) on disk: segments, header lines, linked records.

A segment is named by the number of its first record. Its first line is a JSON header; each further
line is ``<hex link> <json body>`` where the body begins ``{"seq":N,`` and
``link = H(previous link as hex + body)``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text

ALGORITHMS = ("sm3", "sha256")
LINK_CHARS = 64
BODY_AT = LINK_CHARS + 1
ZERO = b"0" * LINK_CHARS
FORMAT = 1
SEGMENT_BYTES = 256 * 1024 * 1024


class LedgerBroken(DuokuaError):
    """A ledger on disk is not what was written; nothing may be appended to it."""

    code = "ledger_broken"


class LedgerLocked(DuokuaError):
    """Another process writes this ledger."""

    code = "ledger_locked"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a segment. ``prev`` is the last link of the segment before, or zeros."""

    ledger: str
    hash: str
    first: int
    prev: bytes

    def line(self) -> bytes:
        """Return the line with its newline."""
        told = {
            "ledger": self.ledger,
            "format": FORMAT,
            "hash": self.hash,
            "first": self.first,
            "prev": self.prev.decode(),
        }
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def read_header(line: bytes) -> Header | None:
    """Read a header line; ``None`` when it is none that this version can read."""
    try:
        told = json.loads(line)
        header = Header(
            str(told["ledger"]), str(told["hash"]), int(told["first"]), str(told["prev"]).encode()
        )
    except (ValueError, KeyError, TypeError):
        return None
    known = told.get("format") == FORMAT and header.hash in ALGORITHMS
    return header if known and len(header.prev) == LINK_CHARS else None


def segment_path(folder: Path, first: int) -> Path:
    """Return the path of the segment whose first record is ``first``."""
    return folder / f"{first:020d}.log"


def segment_paths(folder: Path) -> list[Path]:
    """Return all segments of a ledger, oldest first."""
    return sorted(path for path in folder.glob("*.log") if path.stem.isdecimal())


def body_start(seq: int) -> bytes:
    """Return what the body of record ``seq`` begins with."""
    return b'{"seq":%d,' % seq


def read_seq(line: bytes) -> int | None:
    """Return the number of the record in ``line`` (link and body), ``None`` when it has none."""
    digits, comma, _ = line[BODY_AT + 7 : BODY_AT + 28].partition(b",")
    if comma and digits.isdigit() and line[BODY_AT : BODY_AT + 7] == b'{"seq":':
        return int(digits)
    return None


def chain(algorithm: str, link: bytes, bodies: Iterable[bytes]) -> list[bytes]:
    """Return the link of each body, going on from ``link``."""
    copy = fresh_hash(algorithm).copy
    links = []
    for body in bodies:
        state = copy()
        state.update(link + body)
        link = state.hexdigest().encode()
        links.append(link)
    return links


def fresh_hash(algorithm: str) -> hashlib._Hash:
    """Return an empty hash state.

    :raises LedgerBroken: this Python's OpenSSL lacks the algorithm.
    """
    try:
        return hashlib.new(algorithm)
    except ValueError:
        raise LedgerBroken(
            Text(f"本机 Python 不支持 {algorithm}", f"this Python cannot compute {algorithm}"),
            Text("请使用带 OpenSSL 3 的 Python", "use a Python with OpenSSL 3"),
        ) from None

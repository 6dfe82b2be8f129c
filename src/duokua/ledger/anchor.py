"""Anchors (锚点): the newest link, told to a second place that the ledger's writer cannot rewrite.

A place is a folder (``<name>.anchors``, JSON lines) or an http(s) address that takes one POST for
each anchor. What could not be delivered waits in an outbox beside the ledger.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

EVERY_RECORDS = 1_000
EVERY_S = 60.0
OUTBOX_LIMIT = 10_000
_POST_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """Record ``seq`` of ``ledger`` had ``link``; ``at`` is the ISO instant of the anchoring."""

    ledger: str
    seq: int
    link: str
    at: str

    def line(self) -> bytes:
        """Return the anchor as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


def parse_anchors(data: bytes) -> list[Anchor]:
    """Read anchor lines; a line torn by a crash is passed over."""
    found = []
    for line in data.splitlines():
        try:
            told = json.loads(line)
            found.append(
                Anchor(str(told["ledger"]), int(told["seq"]), str(told["link"]), str(told["at"]))
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def read_anchors(path: Path) -> list[Anchor]:
    """Return the anchors in a file, none when there is no file."""
    return parse_anchors(path.read_bytes()) if path.exists() else []


def last_anchor(path: Path) -> Anchor | None:
    """Return the newest anchor of a file, reading its end only."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
        found = parse_anchors(file.read())
    return found[-1] if found else None


class Place(Protocol):
    """Where anchors go."""

    journal: Path

    def deliver(self, anchors: Sequence[Anchor]) -> int:
        """Deliver in order; return how many arrived (fewer: try the rest again later)."""


class FolderPlace:
    """Anchors appended to a file of a folder, flushed to the disk."""

    def __init__(self, folder: Path, name: str) -> None:
        self.journal = folder / f"{name}.anchors"

    def deliver(self, anchors: Sequence[Anchor]) -> int:
        """Append and flush all of them, or none."""
        try:
            self.journal.parent.mkdir(parents=True, exist_ok=True)
            _append(self.journal, b"".join(anchor.line() for anchor in anchors))
        except OSError:
            return 0
        return len(anchors)


class UrlPlace:
    """Anchors posted to an address; ``journal`` notes beside the ledger what has arrived."""

    def __init__(self, url: str, journal: Path) -> None:
        self.url, self.journal = url, journal

    def deliver(self, anchors: Sequence[Anchor]) -> int:
        """Post one by one until one fails."""
        for arrived, anchor in enumerate(anchors):
            try:
                self._post(anchor)
                _append(self.journal, anchor.line())
            except (OSError, HTTPException, ValueError):  # ValueError: an address nobody can use
                return arrived
        return len(anchors)

    def _post(self, anchor: Anchor) -> None:
        request = urllib.request.Request(  # noqa: S310 (the environment allows http and https only)
            self.url, anchor.line().rstrip(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=_POST_TIMEOUT_S) as answer:  # noqa: S310
            answer.read()


def place(anchor: str, *, name: str, folder: Path) -> Place:
    """Return the place that ``DUOKUA_ANCHOR`` names for the ledger ``name`` in ``folder``."""
    if anchor.startswith(("http://", "https://")):
        return UrlPlace(anchor, folder / "anchors.sent")
    return FolderPlace(Path(anchor), name)


class Outbox:
    """Anchors that could not be delivered yet, on disk. At most :data:`OUTBOX_LIMIT`, newest kept:
    an anchor vouches for everything before it, so losing old ones costs precision only."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "anchors.outbox"

    def load(self) -> list[Anchor]:
        """Return what waits, oldest first."""
        return read_anchors(self.path)

    def save(self, waiting: Sequence[Anchor]) -> None:
        """Replace what waits, in one step."""
        if not waiting:
            self.path.unlink(missing_ok=True)
            return
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(b"".join(anchor.line() for anchor in waiting[-OUTBOX_LIMIT:]))
        fresh.replace(self.path)


def _append(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o640)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            data = b"\n" + data  # a crash tore the line before
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)

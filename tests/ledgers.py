"""Generated ledgers for the tests of whatever stands on them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from duokua.ledger.anchor import Anchor, FolderPlace
from duokua.ledger.anchoring import due_anchors
from duokua.ledger.record import segment_paths
from duokua.ledger.tail import Tail

AT = "2026-11-01T00:00:00Z"
EFFORT = int(os.environ.get("EFFORT", "1"))


def body(seq: int, text: str = "") -> bytes:
    """Return a small body with its number."""
    return b'{"seq":%d,"kind":"note","text":"%b"}' % (seq, (text or f"note {seq}").encode())


def receipt(seq: int, **changes: object) -> dict[str, object]:
    """Return the fields of an opening receipt."""
    fields: dict[str, object] = {
        "seq": seq,
        "kind": "open",
        "id": f"r-{seq}",
        "at": 1_790_000_000.5 + seq,
        "grant": "grant-1",
        "client": "city_app",
        "department": "housing",
        "person": None,
        "purpose": "inspection",
        "basis": "Regulation 12",
        "interface": "air_hourly",
        "iv": "1.0.0",
        "dv": 3,
        "pv": 7,
        "columns": ["station", "pm25"],
        "params": "ab" * 16,
        "rows": 1,
        "subjects": None,
        "door": "data",
    }
    return fields | changes


def write_ledger(
    folder: Path,
    bodies: Sequence[bytes],
    *,
    anchors: Path | None = None,
    algorithm: str = "sm3",
    segment_bytes: int = 32 * 1024,
    batch: int = 50,
) -> None:
    """Append bodies as the writer process does, anchor the thousands and the newest."""
    tail = Tail(folder, name="receipts", algorithm=algorithm, segment_bytes=segment_bytes)
    links: list[tuple[int, bytes]] = []
    for start in range(0, len(bodies), batch):
        first = tail.seq + 1
        links += enumerate(tail.extend(bodies[start : start + batch]), first)
    tail.close()
    if anchors is not None:
        newest = Anchor("receipts", links[-1][0], links[-1][1].decode(), AT)
        told = due_anchors("receipts", links, 0, AT)
        FolderPlace(anchors, "receipts").deliver([*told, *[newest][: newest.seq % 1000]])


def records(folder: Path) -> list[tuple[Path, list[bytes]]]:
    """Return the lines of each segment, header first, without newlines."""
    return [(path, path.read_bytes().split(b"\n")[:-1]) for path in segment_paths(folder)]

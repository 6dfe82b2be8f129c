"""Reading a ledger forward, without checking it: for indexes and meters, not for evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from duokua.ledger.record import BODY_AT, read_seq, segment_paths


def read_records(folder: Path, *, after: int = 0) -> Iterator[bytes]:
    """Yield the bodies of all whole records numbered above ``after``, oldest first."""
    paths = segment_paths(folder)
    for path, following in zip(paths, [*paths[1:], None], strict=True):
        if following is not None and int(following.stem) <= after + 1:
            continue
        with path.open("rb") as file:
            file.readline()
            for line in file:
                seq = read_seq(line)
                if seq is not None and seq > after and line.endswith(b"\n"):
                    yield line[BODY_AT:-1]

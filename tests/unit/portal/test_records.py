"""A record is found in the ledger by its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.ledger.record import ZERO, Header, chain, segment_path
from duokua.portal.records import closing_of, record


def write(folder: Path, sizes: list[int], per_segment: int) -> list[tuple[str, str]]:
    """Write a ledger whose bodies have these sizes; return link and body of each record."""
    written: list[tuple[str, str]] = []
    link = ZERO
    for first in range(1, len(sizes) + 1, per_segment):
        lines = [Header("receipts", "sha256", first, link).line()]
        for seq in range(first, min(first + per_segment, len(sizes) + 1)):
            body = b'{"seq":%d,"pad":"%b"}' % (seq, b"x" * sizes[seq - 1])
            (link,) = chain("sha256", link, [body])
            lines.append(link + b" " + body + b"\n")
            written.append((link.decode(), body.decode()))
        segment_path(folder, first).write_bytes(b"".join(lines))
    return written


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=60), per=st.integers(1, 60))
def test_every_record_is_found(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], per: int
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    written = write(folder, sizes, per)
    for seq, (link, body) in enumerate(written, 1):
        found = record(folder, seq)
        assert found is not None
        assert (found.seq, found.link, found.body) == (seq, link, body)
    assert record(folder, len(sizes) + 1) is None
    assert record(folder, 0) is None


def test_a_torn_last_line_is_no_record(tmp_path: Path) -> None:
    write(tmp_path, [1, 1], 10)
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-1])
    assert record(tmp_path, 1) is not None
    assert record(tmp_path, 2) is None


def test_the_closing_of_a_stream_is_found(tmp_path: Path) -> None:
    bodies = [
        b'{"seq":1,"kind":"open","id":"r-1"}',
        b'{"seq":2,"kind":"open","id":"r-2"}',
        b'{"seq":3,"kind":"close","of":"r-1","rows":7}',
    ]
    links = chain("sha256", ZERO, bodies)
    lines = [link + b" " + body + b"\n" for link, body in zip(links, bodies, strict=True)]
    header = Header("receipts", "sha256", 1, ZERO).line()
    segment_path(tmp_path, 1).write_bytes(header + b"".join(lines))
    closing = closing_of(tmp_path, 1)
    assert closing is not None
    assert json.loads(closing.body)["rows"] == 7
    assert closing_of(tmp_path, 2) is None

"""The log of a door: what was acknowledged is there, whatever ended the writer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import eventlog
from duokua.engine.eventlog import LogWriter, Position
from duokua.kernel.errors import Conflict, Unavailable

START = Position()


def bodies(folder: Path, after: Position = START) -> list[bytes]:
    return [body for body, _ in eventlog.read(folder, after)]


def test_entries_are_read_in_order_and_from_any_position(tmp_path: Path) -> None:
    with LogWriter(tmp_path, segment_bytes=20) as log:
        ends = [log.write([each]) for each in (b"one", b"two", b"three", b"four")]
    assert bodies(tmp_path) == [b"one", b"two", b"three", b"four"]
    assert [bodies(tmp_path, end) for end in ends] == [
        [b"two", b"three", b"four"], [b"three", b"four"], [b"four"], [],
    ]  # fmt: skip
    assert len(list(tmp_path.glob("*.events"))) == 2
    assert [end for _, end in eventlog.read(tmp_path, START)] == ends


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    with LogWriter(tmp_path), pytest.raises(Conflict):
        LogWriter(tmp_path)
    LogWriter(tmp_path).close()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=30), min_size=1, max_size=6),
    st.data(),
    st.sampled_from([10, 40, 1 << 20]),
)
def test_a_torn_end_takes_nothing_else_along(
    tmp_path_factory: pytest.TempPathFactory, entries: list[bytes], data: st.DataObject, size: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    with LogWriter(folder, segment_bytes=size) as log:
        for each in entries:
            log.write([each])
        last = log.end
    path = sorted(folder.glob("*.events"))[-1]
    cut = data.draw(st.integers(1, len(entries[-1]) + 8))
    os.truncate(path, path.stat().st_size - cut)
    assert bodies(folder) == entries[:-1]
    with LogWriter(folder, segment_bytes=size) as log:
        assert log.end.segment == last.segment
        log.write([b"after"])
    assert bodies(folder) == [*entries[:-1], b"after"]


def test_what_failed_is_followed_by_what_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LogWriter(tmp_path) as log:
        first = log.write([b"first"])

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(os, "fdatasync", full)
            with pytest.raises(Unavailable):
                log.write([b"lost"])
        log.write([b"second"])
    read = bodies(tmp_path, first)
    assert read[-1] == b"second" and set(read) <= {b"lost", b"second"}


def test_a_half_written_entry_does_not_hide_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite

    def half(file: int, data: bytes, offset: int) -> int:
        real(file, data[: len(data) // 2], offset)
        raise OSError(28, "No space left on device")

    with LogWriter(tmp_path) as log:
        log.write([b"first"])
        with monkeypatch.context() as broken:
            broken.setattr(os, "pwrite", half)
            with pytest.raises(Unavailable):
                log.write([b"0123456789"])
        log.write([b"second"])
        assert bodies(tmp_path) == [b"first", b"second"]
        assert eventlog.backlog(tmp_path, Position(1, 0)) == log.end.offset


def test_what_is_read_is_forgotten_by_whole_segments(tmp_path: Path) -> None:
    with LogWriter(tmp_path, segment_bytes=1) as log:
        ends = [log.write([b"x"]) for _ in range(4)]
        assert eventlog.forget(tmp_path, ends[2]) == 2
        assert len(bodies(tmp_path)) == 2
        eventlog.settle(tmp_path, ends[2])
        assert eventlog.backlog(tmp_path, ends[2]) == ends[3].offset

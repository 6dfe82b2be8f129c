"""Reading back, in blocks of any size."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.ledger import reading
from duokua.ledger.reading import Place, follow, newest_first, read_records
from duokua.ledger.record import segment_paths
from ledgers import body, write_ledger

BODIES = [body(n, "x" * (n * 7 % 90)) for n in range(1, 401)]


@pytest.fixture(params=[64, 300, 5_000, 1 << 20])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reading, "_BLOCK_BYTES", request.param)
    write_ledger(tmp_path, BODIES, segment_bytes=9_000)
    assert len(segment_paths(tmp_path)) > 3
    return tmp_path


def test_forward(folder: Path) -> None:
    assert list(read_records(folder)) == BODIES


def test_backward(folder: Path) -> None:
    assert list(newest_first(folder)) == BODIES[::-1]


@pytest.mark.parametrize("after", [0, 1, 2, 57, 199, 200, 398, 399, 400, 500])
def test_from_any_record_on(folder: Path, after: int) -> None:
    assert list(read_records(folder, after=after)) == BODIES[after:]


def test_a_torn_line_is_left_for_later(folder: Path) -> None:
    path = segment_paths(folder)[-1]
    whole = path.read_bytes()
    path.write_bytes(whole + b"0123")
    assert list(read_records(folder)) == BODIES
    assert list(newest_first(folder)) == BODIES[::-1]


def test_a_reader_goes_on_where_it_stopped(folder: Path) -> None:
    place, seen = Place(), []
    while True:
        block = next(follow(folder, place), None)
        if block is None:
            break
        seen += block[0]
        place = block[1]
    assert seen == BODIES
    write_ledger(folder, [body(n) for n in range(401, 431)])
    assert [line for lines, _ in follow(folder, place) for line in lines] == [
        body(n) for n in range(401, 431)
    ]


def test_an_exchanged_ledger_is_noticed(folder: Path, tmp_path: Path) -> None:
    *_, (_, place) = follow(folder, Place())
    path = segment_paths(folder)[-1]
    data = path.read_bytes()
    link = place.before.encode()
    path.write_bytes(data.replace(link, link[::-1]))
    with pytest.raises(ValueError, match="not the one"):
        list(follow(folder, place))
    path.write_bytes(data[:-5])
    with pytest.raises(ValueError, match="shorter"):
        list(follow(folder, place))
    path.unlink()
    with pytest.raises(ValueError, match="gone"):
        list(follow(folder, place))


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert list(read_records(tmp_path)) == []
    assert list(newest_first(tmp_path)) == []

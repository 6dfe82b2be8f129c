"""Opening a ledger after crashes and after meddling."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.ledger.record import LedgerBroken, LedgerLocked, segment_paths
from duokua.ledger.tail import Tail
from duokua.ledger.verify import verify
from ledgers import body, write_ledger


def _open(folder: Path, **options: object) -> Tail:
    return Tail(folder, name="receipts", **{"algorithm": "sm3", **options})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_ledger(tmp_path / "receipts", [body(n) for n in range(1, 101)])
    return tmp_path / "receipts"


def test_goes_on_where_it_ended(folder: Path) -> None:
    tail = _open(folder)
    assert tail.seq == 100
    tail.extend([body(101), body(102)])
    tail.close()
    verdict = verify(folder)
    assert (verdict.ok, verdict.records) == (True, 102)


@pytest.mark.parametrize("left", [1, 30, 65, 80, 100])
def test_a_torn_last_line_is_cut_off(folder: Path, left: int) -> None:
    path = segment_paths(folder)[-1]
    whole = path.read_bytes()
    path.write_bytes(whole + whole.split(b"\n")[-2][:left])
    tail = _open(folder)
    assert tail.seq == 100
    tail.close()
    assert path.read_bytes() == whole


def test_a_segment_that_was_only_begun_is_taken_back(folder: Path) -> None:
    (folder / f"{101:020d}.log").write_bytes(b'{"ledger":"rec')
    assert verify(folder).ok
    tail = _open(folder)
    assert tail.seq == 100
    tail.extend([body(101)])
    tail.close()
    assert verify(folder).records == 101


@pytest.mark.parametrize("window", [200, 1000, 1 << 20])
def test_a_complete_but_wrong_end_refuses(folder: Path, window: int) -> None:
    path = segment_paths(folder)[-1]
    path.write_bytes(path.read_bytes().replace(b"note 100", b"note 999"))
    with pytest.raises(LedgerBroken, match="record 100 does not fit the chain"):
        _open(folder, window_bytes=window)


def test_a_small_window_finds_the_end_of_long_records(tmp_path: Path) -> None:
    write_ledger(tmp_path, [body(n, "x" * 5000) for n in range(1, 30)], segment_bytes=1 << 20)
    tail = _open(tmp_path, window_bytes=64)
    assert tail.seq == 29
    tail.close()


def test_the_ledger_of_another_name_refuses(folder: Path) -> None:
    with pytest.raises(LedgerBroken, match="header"):
        Tail(folder, name="audit", algorithm="sm3")


def test_one_writer_at_a_time(folder: Path) -> None:
    tail = _open(folder)
    with pytest.raises(LedgerLocked):
        _open(folder)
    tail.close()
    _open(folder).close()


@pytest.mark.parametrize("wrong", [b'{"seq":7,"a":1}', b'{"seq":101,"a":"\n"}', b"", b"[]"])
def test_a_body_has_to_carry_the_number_that_is_due(folder: Path, wrong: bytes) -> None:
    tail = _open(folder)
    with pytest.raises(LedgerBroken, match="number 101"):
        tail.extend([wrong])
    tail.close()
    assert verify(folder).records == 100


def test_switching_the_hash_begins_a_segment_and_old_records_still_verify(folder: Path) -> None:
    before = len(segment_paths(folder))
    tail = _open(folder, algorithm="sha256")
    tail.extend([body(101), body(102)])
    tail.close()
    tail = _open(folder, algorithm="sm3")
    tail.extend([body(103)])
    tail.close()
    assert len(segment_paths(folder)) == before + 2
    assert b'"hash":"sha256"' in segment_paths(folder)[-2].read_bytes()
    assert verify(folder).records == 103


def test_a_segment_without_records_is_begun_anew_for_another_hash(tmp_path: Path) -> None:
    tail = _open(tmp_path)
    tail.extend([])
    tail.close()
    tail = _open(tmp_path, algorithm="sha256")
    tail.extend([body(1)])
    tail.close()
    assert verify(tmp_path).records == 1

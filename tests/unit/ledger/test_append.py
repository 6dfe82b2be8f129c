"""Durable appends by several processes, and their anchors."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from duokua.ledger.anchor import read_anchors
from duokua.ledger.append import anchor_newest, append_durably
from duokua.ledger.reading import read_records
from duokua.ledger.record import LedgerBroken, segment_paths
from duokua.ledger.verify import verify

NOON = datetime(2026, 11, 1, 4, tzinfo=UTC)
PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from duokua.ledger.append import append_durably
for n in range(int(sys.argv[3])):
    seq = append_durably(Path(sys.argv[1], "audit"), {"who": sys.argv[2], "n": n}, name="audit",
        algorithm="sm3", anchor=sys.argv[1], now=datetime(2026, 11, 1, tzinfo=UTC))
    print(seq)
"""


def _append(home: Path, now: datetime, **fields: object) -> int:
    return append_durably(
        home / "audit",
        {"kind": "note", **fields},
        name="audit",
        algorithm="sm3",
        anchor=str(home),
        now=now,
    )


def _anchored(home: Path) -> list[int]:
    return [anchor.seq for anchor in read_anchors(home / "audit.anchors")]


def test_processes_take_turns_without_a_gap(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, tmp_path, who, "25"], stdout=subprocess.PIPE, text=True
        )
        for who in "abc"
    ]
    told = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert sorted(told) == list(range(1, 76))
    assert verify(tmp_path / "audit", tmp_path).records == 75
    bodies = [json.loads(line) for line in read_records(tmp_path / "audit")]
    for who in "abc":
        assert [body["n"] for body in bodies if body["who"] == who] == list(range(25))


def test_an_anchor_is_due_at_first_after_a_minute_and_at_the_thousand(tmp_path: Path) -> None:
    for second in (0, 1, 59, 60, 61, 119, 121):
        _append(tmp_path, NOON + timedelta(seconds=second), text="一")
    assert _anchored(tmp_path) == [1, 4, 7]
    for _ in range(8, 1003):
        _append(tmp_path, NOON + timedelta(seconds=122))
    assert _anchored(tmp_path) == [1, 4, 7, 1000]
    assert anchor_newest(
        tmp_path / "audit", name="audit", algorithm="sm3", anchor=str(tmp_path), now=NOON
    )
    assert _anchored(tmp_path) == [1, 4, 7, 1000, 1002]
    assert verify(tmp_path / "audit", tmp_path).anchored_to == 1002


def test_anchors_wait_while_their_place_is_gone(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("in the way")
    for second in (0, 70):
        append_durably(
            tmp_path / "audit",
            {"kind": "note"},
            name="audit",
            algorithm="sm3",
            anchor=str(tmp_path / "place"),
            now=NOON + timedelta(seconds=second),
        )
    (tmp_path / "place").unlink()
    _append(tmp_path, NOON + timedelta(seconds=140))
    assert _anchored(tmp_path)[-1] == 3
    assert not (tmp_path / "audit" / "anchors.outbox").exists()


def test_nothing_is_appended_to_a_ledger_that_was_cut(tmp_path: Path) -> None:
    _append(tmp_path, NOON)
    _append(tmp_path, NOON + timedelta(minutes=2))
    path = segment_paths(tmp_path / "audit")[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(LedgerBroken, match="anchor at record 2"):
        _append(tmp_path, NOON + timedelta(minutes=4))

"""The verifier as a program and as a function."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import duokua
from duokua.ledger.chunk import Chunk, check
from duokua.ledger.plan import Break, plan
from duokua.ledger.record import segment_paths
from duokua.ledger.verify import main, verify
from ledgers import body, write_ledger

COUNT = 2_300


@pytest.fixture
def home(tmp_path: Path) -> Path:
    bodies = [body(n) for n in range(1, COUNT + 1)]
    write_ledger(tmp_path / "receipts", bodies, anchors=tmp_path, segment_bytes=64 * 1024)
    return tmp_path


def test_a_bare_python_verifies(home: Path) -> None:
    source = Path(duokua.__file__).parent.parent
    told = subprocess.run(
        # -S: without site-packages, so with nothing but the standard library and this source
        [
            sys.executable, "-S", "-P", "-m", "duokua.ledger.verify", "receipts", "--anchors",
            "receipts.anchors", "--json",
        ],
        cwd=home,
        env={"PYTHONPATH": str(source), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )  # fmt: skip
    verdict = json.loads(told.stdout)
    assert (verdict["ok"], verdict["records"], verdict["anchored_to"]) == (True, COUNT, COUNT)


def test_exit_codes_and_both_languages(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(home / "receipts")]) == 0
    assert "账本完整 · the ledger is sound" in capsys.readouterr().out
    path = segment_paths(home / "receipts")[1]
    path.write_bytes(path.read_bytes().replace(b"note 900", b"note 901"))
    assert main([str(home / "receipts")]) == 1
    assert "第 900 条被改动 · record 900 was changed" in capsys.readouterr().out
    assert main([str(home / "elsewhere")]) == 2
    assert main([str(home / "receipts"), "--anchors", str(home / "none")]) == 2


def test_several_processes_find_the_same(home: Path) -> None:
    told: list[tuple[int, int]] = []
    verdict = verify(
        home / "receipts",
        home,
        processes=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert (verdict.ok, verdict.records, verdict.anchored_to) == (True, COUNT, COUNT)
    assert told == sorted(told) and len(told) == len(segment_paths(home / "receipts"))
    path = segment_paths(home / "receipts")[2]
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[3]
    path.write_bytes(b"".join(lines))
    assert verify(home / "receipts", home, processes=2) == verify(home / "receipts", home)


@pytest.mark.parametrize("chunk_bytes", [1, 100, 1_000, 10_000])
def test_stretches_of_any_length_join_without_a_gap(home: Path, chunk_bytes: int) -> None:
    steps = list(plan(segment_paths(home / "receipts"), {}, whole=True, chunk_bytes=chunk_bytes))
    outcomes = [check(step) for step in steps if isinstance(step, Chunk)]
    assert len(outcomes) == len(steps) > len(segment_paths(home / "receipts"))
    assert [outcome.bad for outcome in outcomes] == [None] * len(steps)
    assert outcomes[-1].last == COUNT
    lasts = [0, *[outcome.last for outcome in outcomes]]
    assert [step.seq for step in steps if not isinstance(step, Break)] == lasts[:-1]


@pytest.mark.parametrize("chunk_bytes", [100, 1_000])
@pytest.mark.parametrize("place", [1, 7, 200])
def test_an_unreadable_line_is_found_wherever_the_stretches_end(
    home: Path, chunk_bytes: int, place: int
) -> None:
    path = segment_paths(home / "receipts")[0]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[place] = b"?" * (len(lines[place]) - 1) + b"\n"
    path.write_bytes(b"".join(lines))
    steps = plan([path], {}, whole=True, chunk_bytes=chunk_bytes)
    bad = [check(step).bad for step in steps if isinstance(step, Chunk)]
    assert next(found for found in bad if found is not None) == place


def test_one_segment_alone(home: Path) -> None:
    middle = segment_paths(home / "receipts")[1]
    first = int(middle.stem)
    verdict = verify(middle, home)
    following = int(segment_paths(home / "receipts")[2].stem)
    assert (verdict.ok, verdict.records, verdict.anchored_to) == (True, following - first, 1000)
    last = verify(segment_paths(home / "receipts")[-1], home)
    assert (last.ok, last.anchored_to) == (True, COUNT)


def test_a_later_segment_alone_is_held_against_the_anchor_before_it(tmp_path: Path) -> None:
    for end in (1000, 1500):  # the second writing begins a segment of its own
        begin = 1 if end == 1000 else 1001
        bodies = [body(n) for n in range(begin, end + 1)]
        write_ledger(tmp_path / "receipts", bodies, anchors=tmp_path, segment_bytes=1)
    path = tmp_path / "receipts" / f"{1001:020d}.log"
    assert verify(path, tmp_path).ok
    forged = tmp_path / "forged"
    write_ledger(forged, [body(n, "forged") for n in range(1, 1501)], segment_bytes=1)
    verdict = verify(forged / path.name, tmp_path)
    assert (verdict.ok, verdict.reason, verdict.first_bad) == (False, "rewritten", 1001)


def test_what_was_anchored_first_stands(home: Path) -> None:
    path = home / "receipts.anchors"
    told = path.read_text()
    path.write_text(told + told.replace('"link":"', '"link":"f'))
    assert verify(home / "receipts", home).ok
    path.write_text(told.replace('"link":"', '"link":"f') + told)
    assert verify(home / "receipts", home).first_bad == 1


def test_an_empty_ledger_is_sound_unless_it_was_anchored(home: Path, tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    assert verify(tmp_path / "fresh").ok
    for path in segment_paths(home / "receipts"):
        path.unlink()
    assert verify(home / "receipts", home).first_bad == 1

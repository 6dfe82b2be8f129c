"""Six kinds of tampering (篡改), all found, each with the first bad record."""

from __future__ import annotations

import random
import shutil
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path

import pytest

from duokua.ledger.anchor import read_anchors
from duokua.ledger.record import BODY_AT, LINK_CHARS, chain, segment_paths
from duokua.ledger.tail import Tail
from duokua.ledger.verify import Verdict, verify
from ledgers import AT, EFFORT, body, records, write_ledger

COUNT = 2_300
TRIES = 50 * max(1, EFFORT // 2)  # 250 of each kind in the nightly run
SEGMENT_BYTES = 64 * 1024
BODIES = [body(n, f"note {n} of the office") for n in range(1, COUNT + 1)]


class Copy:
    """A copy of a sound ledger, with its anchors beside it, to be tampered with."""

    def __init__(self, source: Path, target: Path) -> None:
        shutil.copytree(source / "receipts", target)
        self.folder = target
        self.anchors = source / "receipts.anchors"
        self.anchored = [anchor.seq for anchor in read_anchors(self.anchors)]

    def find(self, seq: int) -> tuple[Path, list[bytes], int]:
        """Return the segment of a record, its lines and the record's place in them."""
        paths = segment_paths(self.folder)
        path = [path for path in paths if int(path.stem) <= seq][-1]
        return path, path.read_bytes().split(b"\n")[:-1], seq - int(path.stem) + 1

    def write(self, path: Path, lines: list[bytes]) -> None:
        """Replace a segment."""
        path.write_bytes(b"".join(line + b"\n" for line in lines))

    def verdict(self) -> Verdict:
        """Verify against the anchors."""
        return verify(self.folder, self.anchors)

    def after_anchor(self, seq: int) -> int:
        """Return the first record that no anchor before ``seq`` vouches for."""
        place = bisect_left(self.anchored, seq)
        return (self.anchored[place - 1] if place else 0) + 1


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound")
    write_ledger(home / "receipts", BODIES, anchors=home, segment_bytes=SEGMENT_BYTES)
    assert len(segment_paths(home / "receipts")) > 4
    assert [anchor.seq for anchor in read_anchors(home / "receipts.anchors")] == [1000, 2000, COUNT]
    return home


def edit(copy: Copy, rng: random.Random) -> int:
    """Change one character of a record's body or link."""
    seq = rng.randint(1, COUNT)
    path, lines, place = copy.find(seq)
    line = bytearray(lines[place])
    at = rng.randrange(LINK_CHARS if rng.random() < 0.2 else len(line))
    line[at] = rng.choice([c for c in b'0123456789abcdef"{}, ' if c != line[at]])
    lines[place] = bytes(line)
    copy.write(path, lines)
    return seq


def delete(copy: Copy, rng: random.Random) -> int:
    """Take one record out."""
    seq = rng.randint(1, COUNT)
    path, lines, place = copy.find(seq)
    del lines[place]
    copy.write(path, lines)
    return seq


def insert(copy: Copy, rng: random.Random) -> int:
    """Put a forged record in: a copy of another, or one that continues the chain perfectly."""
    seq = rng.randint(1, COUNT)
    path, lines, place = copy.find(seq)
    if rng.random() < 0.5:
        _, others, other = copy.find(rng.randint(1, COUNT))
        lines.insert(place, others[other])
        copy.write(path, lines)
        return seq + (lines[place] == lines[place + 1])  # the same line twice: the second is wrong
    before = lines[place - 1][:LINK_CHARS] if place > 1 else _header_prev(lines[0])
    forged = body(seq, "forged")
    lines.insert(place, chain("sm3", before, [forged])[0] + b" " + forged)
    copy.write(path, lines)
    # Where an anchor stands for its very number, all that this anchor vouches for is in doubt.
    return copy.after_anchor(seq) if seq in copy.anchored else seq


def _header_prev(header: bytes) -> bytes:
    return header.split(b'"prev":"')[1][:LINK_CHARS]


def swap(copy: Copy, rng: random.Random) -> int:
    """Exchange two neighbours."""
    while True:
        seq = rng.randint(1, COUNT - 1)
        path, lines, place = copy.find(seq)
        if place + 1 < len(lines):
            lines[place], lines[place + 1] = lines[place + 1], lines[place]
            copy.write(path, lines)
            return seq


def truncate(copy: Copy, rng: random.Random) -> int:
    """Cut the end off, at a record or in the middle of one, and every segment after it."""
    seq = rng.randint(1, COUNT)
    path, lines, place = copy.find(seq)
    torn = lines[place][: rng.choice([0, 10, BODY_AT, BODY_AT + 9])]
    path.write_bytes(b"".join(line + b"\n" for line in lines[:place]) + torn)
    for later in segment_paths(copy.folder):
        if later.name > path.name:
            later.unlink()
    return seq


def rewrite(copy: Copy, rng: random.Random) -> int:
    """Change a record and compute every later link anew, as an insider with all the code would."""
    seq = rng.randint(1, COUNT)
    shutil.rmtree(copy.folder)
    tail = Tail(copy.folder, name="receipts", algorithm="sm3", segment_bytes=SEGMENT_BYTES)
    bodies = [*BODIES[: seq - 1], body(seq, "forged"), *BODIES[seq:]]
    for start in range(0, COUNT, 50):
        tail.extend(bodies[start : start + 50])
    tail.close()
    return copy.after_anchor(seq)


KINDS: dict[Callable[[Copy, random.Random], int], set[str]] = {
    edit: {"edited", "sequence", "unreadable"},
    delete: {"sequence", "truncated"},
    insert: {"sequence", "edited", "rewritten"},
    swap: {"sequence"},
    truncate: {"truncated"},
    rewrite: {"rewritten"},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_tampering_is_found(
    kind: Callable[[Copy, random.Random], int], sound: Path, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for number in range(TRIES):
        copy = Copy(sound, tmp_path / str(number))
        expected = kind(copy, rng)
        verdict = copy.verdict()
        assert not verdict.ok, (seed, number)
        assert verdict.first_bad == expected, (seed, number, verdict)
        assert verdict.reason in KINDS[kind], (seed, number, verdict)
        assert verdict.records < expected or verdict.reason == "rewritten"
        shutil.rmtree(copy.folder)


def test_the_untouched_ledger_is_sound(sound: Path) -> None:
    verdict = verify(sound / "receipts", sound / "receipts.anchors")
    assert (verdict.ok, verdict.records, verdict.anchored_to) == (True, COUNT, COUNT)
    assert sum(len(lines) - 1 for _, lines in records(sound / "receipts")) == COUNT
    assert {anchor.at for anchor in read_anchors(sound / "receipts.anchors")} == {AT}


@pytest.mark.parametrize("kind", [truncate, rewrite], ids=lambda kind: kind.__name__)
def test_only_anchors_show_what_the_chain_alone_cannot(
    kind: Callable[[Copy, random.Random], int], sound: Path, tmp_path: Path
) -> None:
    copy = Copy(sound, tmp_path / "copy")
    kind(copy, random.Random(5))
    assert verify(copy.folder).ok
    assert not copy.verdict().ok


@pytest.mark.parametrize("which", [0, 1, 2, -1])
def test_a_segment_taken_away_is_found(sound: Path, tmp_path: Path, which: int) -> None:
    copy = Copy(sound, tmp_path / "copy")
    path = segment_paths(copy.folder)[which]
    path.unlink()
    assert copy.verdict().first_bad == int(path.stem)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"hash":"sm3"', b'"hash":"sha256"'),
        (b'"hash":"sm3"', b'"hash":"md5"'),
        (b'"ledger":"receipts"', b'"ledger":"audit"'),
        (b'"format":1', b'"format":2'),
        (b'"prev":"', b'"prev":"0'),
    ],
)
def test_an_altered_header_is_found(sound: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    copy = Copy(sound, tmp_path / "copy")
    path = segment_paths(copy.folder)[2]
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert copy.verdict().first_bad == int(path.stem)

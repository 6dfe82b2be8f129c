"""Whose data a call showed is found again: equal to a plain walk over the ledger."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import zlib
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.ledger.attachments import FOLDER, attach
from duokua.serving.keys import subject_key
from duokua.serving.receipt_index import catch_up, totals
from duokua.serving.receipt_subjects import Reach, _search, pseudonyms, uses_of
from duokua.serving.worker import pack_subjects
from ledgers import receipt, write_ledger

SECRET = b"s" * 32
PEOPLE = [hashlib.sha256(b"%d" % n).digest()[:8] for n in range(40)]
INTERFACES = ("births", "residents", "air")
ALL = Reach(None, frozenset({"births", "residents"}))


class Filled(tuple[Path, Path, list[dict[str, Any]]]):
    """Folder, index and what was written; too long to be told when a test fails."""

    def __repr__(self) -> str:
        return "Filled()"


def _packed(subjects: list[bytes]) -> bytes:
    return pack_subjects([pa.array(subjects, pa.binary())])


def _ledger(folder: Path, rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Write answers and streams of all kinds; return who was shown by each opening."""
    made: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    for _ in range(count):
        seq, interface = len(bodies) + 1, rng.choice(INTERFACES)
        shown = rng.sample(PEOPLE, rng.randrange(6))
        kind = rng.choice(["answer", "answer", "inline", "file", "open", "aborted", "refused"])
        told = {"seq": seq, "interface": interface, "shown": set(shown), "kind": kind}
        made.append(told)
        if kind == "answer":
            subjects = [subject.hex() for subject in shown]
            bodies.append(receipt(seq, interface=interface, rows=len(shown), subjects=subjects))
            continue
        opening = receipt(seq, interface=interface, rows=None, subjects=None)
        bodies.append({**opening, "reserved": 50})
        if kind == "open":
            continue
        close: dict[str, Any] = {
            "seq": seq + 1, "kind": "close", "of": f"r-{seq}", "at": 1.8e9, "rows": len(shown),
            "bytes": 9, "subjects": None, "subjects_file": None, "status": "complete",
        }  # fmt: skip
        if kind == "inline" and shown:
            close["subjects"] = base64.b64encode(zlib.compress(_packed(shown))).decode()
        elif kind == "file":
            close["subjects_file"] = attach(folder, _packed(shown), algorithm="sm3")
        elif kind == "aborted":
            close |= {"status": "aborted", "rows": 50}
        elif kind == "refused":
            close |= {"status": "refused", "rows": 0}
        bodies.append(close)
    write_ledger(folder, [orjson.dumps(body) for body in bodies], segment_bytes=50_000)
    return made


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    folder = tmp_path_factory.mktemp("subjects") / "receipts"
    made = _ledger(folder, random.Random(5), 900)
    index = folder.parent / "index.sqlite3"
    catch_up(folder, index)
    return Filled((folder, index, made))


REACHES = st.one_of(st.none(), st.frozensets(st.sampled_from(INTERFACES)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PEOPLE), REACHES)
def test_a_search_equals_a_walk_over_the_ledger(
    ledger: Filled, person: bytes, allowed: frozenset[str] | None
) -> None:
    folder, index, made = ledger
    seen = [told for told in made if allowed is None or told["interface"] in allowed]
    personal = ALL.personal if allowed is None else ALL.personal & allowed
    found = uses_of(folder, index, frozenset({person}), Reach(allowed, personal))
    known = ("answer", "inline", "file")
    expected = [t["seq"] for t in seen if person in t["shown"] and t["kind"] in known]
    assert [row.seq for row in found.certain] == expected[::-1]
    unsettled = [
        t["seq"] for t in seen if t["kind"] in ("open", "aborted") and t["interface"] in personal
    ]
    assert [row.seq for row in found.possible] == unsettled[::-1]
    assert not found.more


def test_the_newest_come_first_and_more_is_told(
    ledger: Filled,
) -> None:
    folder, index, _ = ledger
    whole = uses_of(folder, index, frozenset(PEOPLE), ALL)
    part = uses_of(folder, index, frozenset(PEOPLE), ALL, limit=5)
    assert part.certain == whole.certain[:5]
    assert part.more


def test_a_set_that_is_gone_may_have_held_anybody(tmp_path: Path) -> None:
    folder, index = tmp_path / "receipts", tmp_path / "index.sqlite3"
    made = _ledger(folder, random.Random(8), 60)
    catch_up(folder, index)
    for path in (folder / FOLDER).iterdir():
        path.unlink()
    found = uses_of(folder, index, frozenset({PEOPLE[0]}), ALL)
    blind = {told["seq"] for told in made if told["kind"] == "file"}
    assert blind and blind <= {row.seq for row in found.possible}


def test_a_stream_counts_as_what_was_reserved_until_it_is_closed(
    ledger: Filled,
) -> None:
    _, index, made = ledger
    rows = {"open": 50, "aborted": 50, "refused": 0}
    for total in totals(index, by="interface"):
        mine = [told for told in made if told["interface"] == total.key]
        expected = sum(rows.get(told["kind"], len(told["shown"])) for told in mine)
        assert total.rows == expected
        assert total.calls == sum(told["kind"] != "refused" for told in mine)


def test_an_index_of_before_is_built_again(tmp_path: Path) -> None:
    folder, index = tmp_path / "receipts", tmp_path / "index.sqlite3"
    _ledger(folder, random.Random(9), 40)
    first = catch_up(folder, index)
    from duokua.engine import sqlite

    connection = sqlite.connect(index)
    connection.execute("pragma user_version = 1")
    connection.close()
    assert catch_up(folder, index) == first
    assert catch_up(folder, index) == 0


def test_the_ways_of_writing_a_number() -> None:
    """A dataset may hold the number in any of these ways; all of them are looked for."""

    def stored(text: str) -> bytes:
        return hmac.digest(subject_key(SECRET), text.encode(), hashlib.sha256)[:8]

    for told in ("11010519491231002X", " 11010519491231002x ", "110105 19491231 002X"):
        found = pseudonyms(SECRET, told)
        assert {stored("11010519491231002X"), stored("11010519491231002x")} <= found
        assert stored("110105491231002") in found
    assert stored("4711") in pseudonyms(SECRET, "4711\n")
    assert pseudonyms(SECRET, "  ") == frozenset()


@given(st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=60), st.data())
def test_the_search_in_a_sorted_file(numbers: list[int], data: st.DataObject) -> None:
    numbers.sort()
    wanted = data.draw(st.one_of(st.integers(0, (1 << 64) - 1), st.sampled_from(numbers or [0])))
    assert _search(numbers.__getitem__, len(numbers), wanted) == (wanted in numbers)

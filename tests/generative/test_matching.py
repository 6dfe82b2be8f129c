"""The match of two sides against a plain account of what it should tell."""

from __future__ import annotations

import os
from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine.matching import SIDE, match

EFFORT = int(os.environ.get("EFFORT", "1"))
Row = tuple[str | None, bool, str | None, str | None, str | None]


def maybe(words: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(words.split())


rows = st.tuples(
    maybe("s1 s2 s3 s4"), st.booleans(), maybe("王 李 张"), maybe("d1 d2"), maybe("t1 t2")
)
sides = st.lists(rows.map(lambda row: (row[0], row[1] or row[0] is not None, *row[2:])), max_size=8)


def batches(side: list[Row]) -> list[pa.RecordBatch]:
    columns = list(zip(*side, strict=True)) if side else [[]] * 5
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, SIDE, strict=True)]
    return [pa.RecordBatch.from_arrays(arrays, schema=SIDE)]


def plainly(left: list[Row], right: list[Row]) -> tuple[int, int, Counter[str]]:
    """Count exact matches and conflicts, and the probable pairs by reason."""
    shared = {row[0] for row in left} & {row[0] for row in right} - {None}
    exact = 0
    for subject in shared:
        ours = {row[2] for row in left if row[0] == subject}
        theirs = {row[2] for row in right if row[0] == subject}
        exact += None in ours or None in theirs or bool(ours & theirs)
    reasons: Counter[str] = Counter()
    one = {(r[0], *r[2:]) for r in left if r[2] and r[0] not in shared}
    other = {(r[0], *r[2:]) for r in right if r[2] and r[0] not in shared}
    for _, name, birth, phone in one:
        for _, name_2, birth_2, phone_2 in other:
            why = "_birth" * (birth is not None and birth == birth_2)
            why += "_phone" * (phone is not None and phone == phone_2)
            reasons["name" + why] += bool(why) and name == name_2
    return exact, len(shared) - exact, +reasons


@settings(max_examples=25 * EFFORT, deadline=None)
@given(sides, sides)
def test_a_match_is_what_it_plainly_is(left: list[Row], right: list[Row]) -> None:
    found = match(batches(left), batches(right), most=10_000)
    exact, conflict, reasons = plainly(left, right)
    assert (found.exact, found.conflict, found.probable) == (exact, conflict, reasons.total())
    told = Counter(pair.reason for pair in found.queue if pair.kind == "probable")
    assert told == reasons
    assert sum(pair.kind == "conflict" for pair in found.queue) == conflict
    assert (found.left.rows, found.right.rows) == (len(left), len(right))
    assert found.left.invalid == sum(row[1] and row[0] is None for row in left)
    for side in (found.left, found.right):
        assert side.subjects == side.unmatched + exact + conflict
    back = match(batches(right), batches(left), 1)
    assert (back.exact, back.probable, back.conflict) == (exact, reasons.total(), conflict)
    assert (back.left, back.right) == (found.right, found.left)

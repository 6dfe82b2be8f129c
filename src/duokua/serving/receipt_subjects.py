"""Who used my data (谁用了我的数据): the calls that showed one subject, by its pseudonym.

What was certainly read and what may have been read are told apart: a stream that was broken off or
is still running has no subjects yet, and counts as everything its grant allows.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from duokua.engine import sqlite
from duokua.lang import identifiers
from duokua.lang.subject import Subject, SubjectKind, normalise
from duokua.ledger.attachments import FOLDER
from duokua.serving.keys import subject_ids, subject_key
from duokua.serving.receipt_schema import number_of
from duokua.serving.receipt_search import ReceiptRow, conditions, row_of

SUBJECT_BYTES = 8
_MOST_CHARACTERS = 200
_GUESSES = 8  # then halving: a file that is not spread evenly is searched as well


@dataclass(frozen=True, slots=True)
class Reach:
    """Among which interfaces to look: ``None`` are all, ``personal`` those about subjects."""

    interfaces: frozenset[str] | None
    personal: frozenset[str]


@dataclass(frozen=True, slots=True)
class Uses:
    """The calls found, newest first. ``more``: there were older ones still.

    ``possible`` are streams without a closing, or with one that cannot tell whom they showed.
    """

    certain: tuple[ReceiptRow, ...]
    possible: tuple[ReceiptRow, ...]
    more: bool


def pseudonyms(secret: bytes, told: str) -> frozenset[bytes]:
    """Return the pseudonyms under which a subject may stand in receipts.

    Receipts carry what the dataset's own value becomes, and datasets write an identity number in
    several ways; so each of these ways is looked for. ``told`` is kept nowhere.
    """
    keys = [subject_key(secret, each) for each in subject_ids()]  # receipts outlive rotations
    return frozenset(
        hmac.digest(key, way.encode(), hashlib.sha256)[:SUBJECT_BYTES]
        for key in keys
        for way in _ways(told)
    )


def _ways(told: str) -> set[str]:
    plain = told.strip()[:_MOST_CHARACTERS]
    compact = "".join(plain.split())
    ways = {plain, compact, compact.upper(), compact.lower()}
    for kind in (SubjectKind.PERSON, SubjectKind.COMPANY, SubjectKind.PHONE):
        read = normalise(kind, plain)
        if isinstance(read, Subject):
            ways |= {read.normal, read.normal.lower()}
            if kind is SubjectKind.PERSON:
                ways.add(_old(read.normal))
    return {way for way in ways if way}


def _old(normal: str) -> str:
    """Return the 15 digits that a number had before 1999, or itself where it never had them."""
    old = normal[:6] + normal[8:17]
    return old if identifiers.resident_id(old) == normal else normal


def uses_of(
    folder: Path, index: Path, wanted: frozenset[bytes], reach: Reach, *, limit: int = 1000
) -> Uses:
    """Return the calls that showed a subject, from the ledger in ``folder`` and its index."""
    if not index.exists():
        return Uses((), (), more=False)
    with closing(sqlite.connect(index, readonly=True)) as connection:
        within = {"interface": reach.interfaces}
        hits = _hits(connection, wanted, within)
        in_sets, blind = _in_sets(connection, folder, wanted, within)
        # A hit list is walked newest first and no further than needed.
        newest = sorted({*islice(hits, limit + 1), *in_sets}, reverse=True)
        certain = tuple(row_of(connection, seq) for seq in newest[:limit])
        unsettled = {*_unsettled(connection, reach, limit), *blind}.difference(newest)
        possible = tuple(row_of(connection, seq) for seq in sorted(unsettled, reverse=True)[:limit])
    return Uses(certain, possible, more=len(newest) > limit)


def _hits(
    connection: sqlite.Connection,
    wanted: frozenset[bytes],
    within: dict[str, frozenset[str] | None],
) -> Iterator[int]:
    where, values = conditions({}, within)
    numbers = [number_of(subject) for subject in wanted]
    found = connection.execute(
        "select distinct h.seq from subject_hit h cross join receipt r on r.seq = h.seq "  # noqa: S608
        f"cross join use u on u.id = r.use where h.subject in ({_places(numbers)}) and {where} "
        "order by h.seq desc",
        (*numbers, *values),
    )
    return (seq for (seq,) in found)


def _in_sets(
    connection: sqlite.Connection,
    folder: Path,
    wanted: frozenset[bytes],
    within: dict[str, frozenset[str] | None],
) -> tuple[set[int], set[int]]:
    """Return the streams whose large sets hold the subject, and those whose set is not there."""
    where, values = conditions({}, within)
    found = connection.execute(
        "select s.seq, s.file from subject_set s cross join receipt r on r.seq = s.seq "  # noqa: S608
        f"cross join use u on u.id = r.use where {where}",
        values,
    )
    beside = folder / FOLDER
    numbers = sorted(int.from_bytes(subject, "little") for subject in wanted)
    held: set[int] = set()
    blind: set[int] = set()
    for seq, name in found:
        try:
            if _holds(f"{beside}/{name}", numbers):
                held.add(seq)
        except OSError:
            blind.add(seq)
    return held, blind


def _holds(path: str, numbers: Sequence[int]) -> bool:
    """Tell whether a sorted file of 8-byte numbers holds one of ``numbers``.

    Pseudonyms are spread evenly, so where one stands is guessed from its size and then narrowed.
    """
    file = os.open(path, os.O_RDONLY)
    try:
        count = os.fstat(file).st_size // SUBJECT_BYTES

        def at(place: int) -> int:
            return int.from_bytes(os.pread(file, SUBJECT_BYTES, place * SUBJECT_BYTES), "little")

        return any(_search(at, count, number) for number in numbers)
    finally:
        os.close(file)


def _search(at: Callable[[int], int], count: int, wanted: int) -> bool:
    low, high = 0, count  # what is looked for stands in [low, high) if anywhere
    least, most = 0, 1 << 64
    for guessing in range(128):
        if low >= high:
            return False
        middle = (low + high) // 2
        if guessing < _GUESSES:
            middle = low + (wanted - least) * (high - low) // max(1, most - least)
            middle = min(max(middle, low), high - 1)
        found = at(middle)
        if found == wanted:
            return True
        if found < wanted:
            low, least = middle + 1, found
        else:
            high, most = middle, found
    return False


def _unsettled(connection: sqlite.Connection, reach: Reach, limit: int) -> set[int]:
    if not reach.personal:
        return set()
    where, values = conditions({}, {"interface": reach.personal})
    found = connection.execute(
        "select r.seq from receipt r indexed by receipt_unsettled join use u on u.id = r.use "  # noqa: S608
        f"where r.status in ('open', 'aborted') and {where} order by r.seq desc limit ?",
        (*values, limit),
    )
    return {seq for (seq,) in found}


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))

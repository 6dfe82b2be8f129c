"""Takes rows out of files for good (彻底删除): those of a subject, or those that are too old.

A subject is known by keyed marks only, which are computed from the cells: neither the journal of an
erasure nor the list of erased subjects holds a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq

from duokua.engine.delta import Change, TableHead
from duokua.engine.duck import DuckConnection, open_duck, text_literal
from duokua.engine.lock import workshop
from duokua.engine.parts import Part, measured, renewed_name, stats_of, synced
from duokua.engine.source import quoted
from duokua.engine.stats import EMPTY, merge
from duokua.lang.contract import Column

MARK_HEX = 24
_BLOCK = 64  # bytes of a SHA-256 block
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WIDE = "".join(chr(ord(each) + 0xFEE0) for each in _NARROW)
_MEMORY_MB = 1024


class Chosen(Protocol):
    """Which rows go."""

    def condition(self, fields: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
        """Return the SQL condition and its values; ``fields`` are the SQL of columns by name.

        ``None``: no row of such a file can go.
        """


@dataclass(frozen=True, slots=True)
class Marked:
    """The rows that have one of ``marks`` in one of ``columns``."""

    columns: tuple[str, ...]
    marks: tuple[str, ...]
    kind: str
    key: bytes

    def condition(self, fields: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
        """Compare the mark of each cell, HMAC-SHA256 of RFC 2104 spelt in SQL."""
        there = [fields[name] for name in self.columns if name in fields]
        if not there or not self.marks:
            return None
        tests = [f"{_mark_sql(each)} in (select unnest($marks))" for each in there]
        told = _any(tests)
        inner, outer = _pads(self.key)
        prefix = inner + self.kind.encode() + b"\0"
        return told, {"marks": list(self.marks), "inner": prefix, "outer": outer}


@dataclass(frozen=True, slots=True)
class Expired:
    """The rows whose ``column``, a date or an instant, is before ``before`` (ISO)."""

    column: str
    kind: str  # "date" or "timestamptz"
    before: str

    def condition(self, fields: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
        """Compare; a row without the value stays, as its age is unknown."""
        if self.column not in fields:
            return None
        field = fields[self.column]
        return f"coalesce({field} < cast($before as {self.kind}), false)", {"before": self.before}


def mark(key: bytes, kind: str, text: str) -> str:
    """Return the mark of a cell's text, as :class:`Marked` computes it."""
    inner, outer = _pads(key)
    first = hashlib.sha256(inner + kind.encode() + b"\0" + compact(text).encode()).digest()
    return hashlib.sha256(outer + first).hexdigest()[:MARK_HEX]


def compact(text: str) -> str:
    """Return letters and digits only, in one form: as blanks, joints and widths tell nothing."""
    narrow = text.translate(str.maketrans(_WIDE, _NARROW))
    kept = "".join(each for each in narrow if each.isascii() and each.isalnum())
    return kept.upper() or text


def _mark_sql(field: str) -> str:
    text = f"cast({field} as varchar)"
    narrow = f"translate({text}, {text_literal(_WIDE)}, {text_literal(_NARROW)})"
    kept = f"upper(regexp_replace({narrow}, '[^0-9A-Za-z]', '', 'g'))"
    # Most cells are in that form already, and to translate costs four times what to hash does.
    plain = f"regexp_full_match({text}, '[0-9A-Z]+')"
    even = f"case when {plain} then {text} when {kept} = '' then {text} else {kept} end"
    first = f"unhex(sha256($inner || encode({even})))"
    return f"substr(sha256($outer || {first}), 1, {MARK_HEX})"


def _any(tests: Sequence[str]) -> str:
    return "(" + " or ".join(f"coalesce({each}, false)" for each in tests) + ")"


def _pads(key: bytes) -> tuple[bytes, bytes]:
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def plan_removal(
    table: Path,
    head: TableHead,
    columns: Sequence[Column],
    chosen: Chosen,
    into: Path,
    *,
    batch: str,
    whole: frozenset[Path] = frozenset(),
) -> tuple[int, Change | None]:
    """Return how many rows go and the change that takes them out; ``None`` if no row does.

    New files are written into the folder ``into``. Of the files ``whole`` every row goes.
    """
    stats = dict(zip(head.files, stats_of(table, head.files, columns), strict=True))
    added: list[Part] = []
    removed: list[Path] = []
    gone = 0
    with workshop(into) as spill:
        duck = _opened([table, into], spill)
        try:
            for file in head.files:
                count = stats[file].rows if file in whole else choose(duck, file, chosen)
                if count == 0 and file not in whole:
                    continue
                gone += count
                removed.append(file)
                if count < stats[file].rows:
                    added.append(_without(duck, file, into / renewed_name(file), columns))
        finally:
            duck.close()
    if not removed:
        return 0, None
    kept = [stats[file] for file in head.files if file not in removed]
    total = reduce(merge, [*kept, *(part.stats for part in added)], EMPTY)
    return gone, Change(head.version, batch, tuple(added), tuple(removed), total)


def count_rows(files: Sequence[Path], chosen: Chosen) -> int:
    """Return how many rows of ``files`` are chosen."""
    if not files:
        return 0
    duck = _opened(sorted({file.parent for file in files}))
    try:
        return sum(choose(duck, file, chosen) for file in files)
    finally:
        duck.close()


def choose(duck: DuckConnection, file: Path, chosen: Chosen) -> int:
    """Note the places of the chosen rows of a file in the table ``gone``; return how many."""
    duck.execute("create or replace temp table gone (place bigint)")
    found = chosen.condition({name: quoted(name) for name in pq.read_schema(file).names})
    if found is None:
        return 0
    told, values = found
    duck.execute(
        f"insert into gone select file_row_number from {_numbered(file)} where {told}",  # noqa: S608
        values,
    )
    return _count(duck)


def _count(duck: DuckConnection) -> int:
    (count,) = duck.execute("select count(*) from gone").fetchall()[0]
    return int(count)


def _without(duck: DuckConnection, file: Path, fresh: Path, columns: Sequence[Column]) -> Part:
    """Write a file again without the rows of ``gone``."""
    write_kept(duck, file, fresh)
    return Part(fresh, measured(duck, fresh, columns))


def write_kept(duck: DuckConnection, file: Path, fresh: Path) -> None:
    """Write the rows of a file that are not in ``gone``."""
    duck.execute(
        f"copy (select * exclude (file_row_number) from {_numbered(file)} "  # noqa: S608
        f"where file_row_number not in (select place from gone)) "
        f"to {text_literal(str(fresh))} (format parquet, compression zstd)"
    )


def choose_aside(duck: DuckConnection, file: Path, chosen: Chosen) -> list[int]:
    """Note the places of the chosen rows that stand aside in ``gone``; return their numbers."""
    duck.execute("create or replace temp table gone (place bigint)")
    raw = pq.read_schema(file).field("raw").type
    names = [raw.field(at).name for at in range(raw.num_fields)]
    found = chosen.condition({name: f"raw.{quoted(name)}" for name in names})
    if found is None:
        return []
    told, values = found
    duck.execute(
        f"insert into gone select file_row_number from {_numbered(file)} where {told}",  # noqa: S608
        values,
    )
    rows = duck.execute(
        f"select row from {_numbered(file)} "  # noqa: S608
        "where file_row_number in (select place from gone) order by row"
    ).fetchall()
    return [int(row) for (row,) in rows]


def clean_aside(file: Path, chosen: Chosen, spill: Path) -> list[int]:
    """Take the chosen rows out of what stands aside, in place; return their numbers."""
    duck = _opened([file.parent, spill], spill)
    try:
        rows = choose_aside(duck, file, chosen)
        if rows:
            fresh = spill / file.name
            write_kept(duck, file, fresh)
            fresh.chmod(0o600)
            synced([fresh])
            fresh.replace(file)
            synced([file.parent])
        return rows
    finally:
        duck.close()


def _numbered(file: Path) -> str:
    return f"read_parquet({text_literal(str(file))}, file_row_number = true)"


def _opened(folders: Sequence[Path], spill: Path | None = None) -> DuckConnection:
    return open_duck(memory_mb=_MEMORY_MB, directories=folders, spill=spill)

"""Searching the receipt index: newest first, a page at a time, and totals."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from duokua.engine import sqlite
from duokua.kernel.clock import district_day
from duokua.serving.receipt_schema import SPAN_BITS

_EPOCH = date(1970, 1, 1)
_SELECT = (
    "select r.seq, r.at, u.grant_id, u.client, u.department, u.person, u.purpose, u.basis, "
    "u.interface, u.iv, r.dv, r.pv, r.params, u.columns, r.rows, r.bytes, r.status, u.door, "
    "u.format, r.reserved from receipt r join use u on u.id = r.use where r.seq = ?"
)
_WALK = "select seq from receipt where use = ? and seq <= ? and seq >= ? order by seq {way}"
Group = Literal["interface", "purpose", "client", "department", "day"]


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One governed call. ``rows`` is ``None`` for a stream that was never closed."""

    seq: int
    at: datetime
    grant: str
    client: str
    department: str
    person: str | None
    purpose: str
    basis: str
    interface: str
    interface_version: str
    data_version: int
    policy_version: int
    params: str
    columns: tuple[str, ...]
    rows: int | None
    bytes: int | None
    status: str  # complete | open | aborted
    door: str
    format: str
    reserved: int | None = None  # of a stream: as so many rows it counts until it is closed

    @property
    def id(self) -> str:
        """The receipt's id."""
        return f"r-{self.seq}"


@dataclass(frozen=True, slots=True)
class Total:
    """Calls and rows of one group."""

    key: str
    calls: int
    rows: int


def find(
    index_path: Path,
    *,
    interface: str | None = None,
    client: str | None = None,
    grant: str | None = None,
    purpose: str | None = None,
    departments: frozenset[str] | None = None,
    interfaces: frozenset[str] | None = None,
    grants: frozenset[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_seq: int | None = None,
    after_seq: int | None = None,
    oldest: bool = False,
    limit: int = 50,
) -> list[ReceiptRow]:
    """Return receipts newest first, or ``oldest`` first: ``since`` ≤ at < ``until``, numbers below
    ``before_seq`` and above ``after_seq``.

    ``departments`` and ``interfaces`` restrict what may be seen: those of callers, and those that
    were called; ``grants`` are those of one request. An empty set sees nothing. An index that was
    never filled is empty.
    """
    if not index_path.exists():
        return []
    with closing(sqlite.connect(index_path, readonly=True)) as connection:
        low, high = _bounds(connection, since, until)
        high = high if before_seq is None else min(high, before_seq - 1)
        low = low if after_seq is None else max(low, after_seq + 1)
        equal = {"interface": interface, "client": client, "grant_id": grant, "purpose": purpose}
        within = {"department": departments, "interface": interfaces, "grant_id": grants}
        uses = _uses(connection, equal, within)
        rows = (row_of(connection, seq) for seq in _walk(connection, uses, low, high, oldest))
        seen = (
            row
            for row in rows
            if (since is None or row.at >= since) and (until is None or row.at < until)
        )
        return list(islice(seen, limit))


def one(index_path: Path, seq: int) -> ReceiptRow | None:
    """Return the receipt with number ``seq``."""
    if not index_path.exists():
        return None
    with closing(sqlite.connect(index_path, readonly=True)) as connection:
        known = connection.execute("select 1 from receipt where seq = ?", (seq,)).fetchone()
        return row_of(connection, seq) if known else None


def totals(
    index_path: Path,
    *,
    by: Group,
    since: datetime | None = None,
    until: datetime | None = None,
    departments: frozenset[str] | None = None,
    interfaces: frozenset[str] | None = None,
) -> list[Total]:
    """Sum calls and rows of whole days (Asia/Shanghai), ``until`` excluded; largest group first,
    days in order (ISO dates)."""
    if not index_path.exists():
        return []
    first = (district_day(since) - _EPOCH).days if since else -1
    last = (district_day(until - timedelta(microseconds=1)) - _EPOCH).days if until else 1 << 40
    with closing(sqlite.connect(index_path, readonly=True)) as connection:
        within = {"department": departments, "interface": interfaces}
        where, values = conditions({}, within)
        column = "t.day" if by == "day" else f"u.{by}"
        found = connection.execute(
            f"select {column}, sum(t.calls), sum(t.rows) from total t "  # noqa: S608
            f"join use u on u.id = t.use where t.day between ? and ? and {where} group by 1",
            (first, last, *values),
        ).fetchall()
    if by == "day":
        days = [(_EPOCH + timedelta(days=day), calls, rows) for day, calls, rows in sorted(found)]
        return [Total(day.isoformat(), calls, rows) for day, calls, rows in days]
    return [Total(*row) for row in sorted(found, key=lambda row: (-row[1], row[0]))]


def conditions(
    equal: dict[str, str | None], within: dict[str, frozenset[str] | None]
) -> tuple[str, list[str]]:
    """Return the condition on uses, and its values."""
    parts, values = ["1"], []
    for column, value in equal.items():
        if value is not None:
            parts.append(f"{column} = ?")
            values.append(value)
    for column, allowed in within.items():
        if allowed is not None:
            parts.append(f"{column} in ({', '.join('?' * len(allowed))})")
            values.extend(sorted(allowed))
    return " and ".join(parts), values


def _uses(
    connection: sqlite.Connection,
    equal: dict[str, str | None],
    within: dict[str, frozenset[str] | None],
) -> list[tuple[int, int]] | None:
    """Return the uses that fit with their newest receipt, newest first; ``None`` means all."""
    where, values = conditions(equal, within)
    if not values and all(allowed is None for allowed in within.values()):
        return None
    return connection.execute(
        f"select last, id from use where {where} order by last desc",  # noqa: S608
        values,
    ).fetchall()


def _walk(
    connection: sqlite.Connection,
    uses: list[tuple[int, int]] | None,
    low: int,
    high: int,
    oldest: bool,
) -> Iterator[int]:
    """Yield the numbers of receipts from ``high`` down to ``low``, or up; each use in turn."""
    way, sign = ("asc", 1) if oldest else ("desc", -1)
    if uses is None:
        yield from (
            seq
            for (seq,) in connection.execute(
                f"select seq from receipt where seq <= ? and seq >= ? order by seq {way}",  # noqa: S608
                (high, low),
            )
        )
        return
    heap: list[tuple[int, int, Any]] = [
        (low if oldest else -min(last, high), use, None) for last, use in uses if last >= low
    ]
    heapq.heapify(heap)  # a use is opened only when the walk comes down to its newest receipt
    while heap:
        bound, use, cursor = heapq.heappop(heap)
        if cursor is None:
            cursor = connection.cursor().execute(_WALK.format(way=way), (use, high, low))
        else:
            yield sign * bound
        row = cursor.fetchone()
        if row is not None:
            heapq.heappush(heap, (sign * row[0], use, cursor))


def row_of(connection: sqlite.Connection, seq: int) -> ReceiptRow:
    """Return a receipt that is there."""
    row = list(connection.execute(_SELECT, (seq,)).fetchone())
    row[1] = datetime.fromtimestamp(row[1], UTC)
    row[5] = row[5] or None
    row[13] = tuple(row[13].split(",")) if row[13] else ()
    return ReceiptRow(*row)


def _bounds(
    connection: sqlite.Connection, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Return the numbers between which every receipt of the period lies."""
    low, high = 0, (1 << 62) - 1
    if since is not None:
        found = connection.execute(
            "select min(id) from span where latest >= ?", (since.timestamp(),)
        ).fetchone()[0]
        low = high if found is None else found << SPAN_BITS
    if until is not None:
        found = connection.execute(
            "select max(id) from span where earliest < ?", (until.timestamp(),)
        ).fetchone()[0]
        high = -1 if found is None else ((found + 1) << SPAN_BITS) - 1
    return low, high

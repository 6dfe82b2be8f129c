"""Reading the metering (计量): how much was served, how fast, what was refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from duokua.engine import sqlite
from duokua.serving.tally import BOUNDS_MS
from duokua.serving.usage_store import EPOCH


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers took, from a histogram: sampled, so a share and not a number of calls."""

    buckets: tuple[int, ...] = ()

    @property
    def timed(self) -> int:
        """The number of answers that were timed."""
        return sum(self.buckets)

    @property
    def p50(self) -> float | None:
        """The milliseconds within which half of the answers were sent."""
        return self.at(0.50)

    @property
    def p95(self) -> float | None:
        """The milliseconds within which 95 of 100 answers were sent."""
        return self.at(0.95)

    @property
    def p99(self) -> float | None:
        """The milliseconds within which 99 of 100 answers were sent."""
        return self.at(0.99)

    def at(self, share: float) -> float | None:
        """Return the milliseconds within which ``share`` of the answers were sent.

        Within a bucket answers are taken as spread evenly; ``None`` where none was timed.
        """
        wanted, below = share * self.timed, 0
        if not self.timed:
            return None
        for number, calls in enumerate(self.buckets):
            if calls and below + calls >= wanted:
                if number >= len(BOUNDS_MS):
                    break
                low = BOUNDS_MS[number - 1] if number else 0.0
                return low + (BOUNDS_MS[number] - low) * (wanted - below) / calls
            below += calls
        return float(BOUNDS_MS[-1])


@dataclass(frozen=True, slots=True)
class Usage:
    """What the gateway counted for one grant on one interface and day."""

    day: date
    grant: str
    interface: str
    client: str
    department: str
    calls: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Refused:
    """How often a kind of refusal met one program on one interface."""

    code: str
    interface: str
    grant: str
    client: str
    department: str
    calls: int


@dataclass(frozen=True, slots=True)
class Within:
    """What is asked for: days from ``first`` to ``last``, both of them, and whose.

    ``None`` restricts nothing, an empty set sees nothing.
    """

    first: date
    last: date
    interfaces: frozenset[str] | None = None
    departments: frozenset[str] | None = None


def key_last_used(path: Path, client: str, key: str) -> date | None:
    """Return the day on which a key last gave a token."""
    found = _read(path, "select day from key_use where client = ? and key = ?", (client, key))
    return EPOCH + timedelta(days=found[0][0]) if found else None


def served(path: Path, within: Within) -> list[Usage]:
    """Return what was counted, by day, grant and interface."""
    where, values = _where(within)
    found = _read(
        path,
        "select day, grant_id, interface, client, department, calls, rows, bytes from usage "  # noqa: S608
        f"where {where} order by day, grant_id, interface",
        values,
    )
    return [Usage(EPOCH + timedelta(days=day), *rest) for day, *rest in found]


def by_day(path: Path, within: Within) -> dict[date, tuple[int, int]]:
    """Return calls and rows of each day that has any."""
    where, values = _where(within)
    found = _read(
        path,
        f"select day, sum(calls), sum(rows) from usage where {where} group by 1",  # noqa: S608
        values,
    )
    return {EPOCH + timedelta(days=day): (calls, rows) for day, calls, rows in found}


def refused(path: Path, within: Within) -> list[Refused]:
    """Return the refusals, most frequent first."""
    where, values = _where(within)
    found = _read(
        path,
        "select code, interface, grant_id, client, department, sum(calls) from refusal "  # noqa: S608
        f"where {where} group by 1, 2, 3, 4, 5 order by 6 desc, 1, 2, 3, 4",
        values,
    )
    return [Refused(*row) for row in found]


def latency(path: Path, within: Within) -> dict[tuple[str, str], Latency]:
    """Return the histograms by interface and grant."""
    where, values = _where(within, "u.")
    found = _read(
        path,
        "select l.interface, l.grant_id, l.bucket, sum(l.calls) from latency l join usage u "  # noqa: S608
        "on u.day = l.day and u.grant_id = l.grant_id and u.interface = l.interface "
        f"where {where} group by 1, 2, 3",
        values,
    )
    gathered: dict[tuple[str, str], list[int]] = {}
    for interface, grant, bucket, calls in found:
        gathered.setdefault((interface, grant), [0] * (len(BOUNDS_MS) + 1))[bucket] = calls
    return {key: Latency(tuple(buckets)) for key, buckets in gathered.items()}


def joined(histograms: Sequence[Latency]) -> Latency:
    """Return several histograms as one."""
    sums: Counter[int] = Counter()
    for each in histograms:
        sums.update(dict(enumerate(each.buckets)))
    return Latency(tuple(sums[n] for n in range(len(BOUNDS_MS) + 1)) if sums else ())


def _where(within: Within, table: str = "") -> tuple[str, list[object]]:
    parts = [f"{table}day between ? and ?"]
    values: list[object] = [(within.first - EPOCH).days, (within.last - EPOCH).days]
    for column, allowed in (("interface", within.interfaces), ("department", within.departments)):
        if allowed is not None:
            parts.append(f"{table}{column} in ({', '.join('?' * len(allowed))})")
            values.extend(sorted(allowed))
    return " and ".join(parts), values


def _read(path: Path, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Return the rows of a query; a file that no gateway has begun yet is empty."""
    if not path.exists():
        return []
    with closing(sqlite.connect(path, readonly=True)) as connection:
        known = connection.execute("select 1 from sqlite_master where name = 'key_use'").fetchone()
        return connection.execute(sql, values).fetchall() if known else []

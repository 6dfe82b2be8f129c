"""Statements for the gate, the tables that they read, and rows for these tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from duokua.lang.contract import Kind

FOLDER = Path(__file__).parent / "sql" / "gate"
_KINDS = {
    "s": Kind.STRING, "i": Kind.INTEGER, "n": Kind.NUMBER, "b": Kind.BOOLEAN, "d": Kind.DATE,
    "t": Kind.TIMESTAMP,
}  # fmt: skip
_ARROW = {
    Kind.STRING: pa.string(), Kind.INTEGER: pa.int64(), Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(), Kind.DATE: pa.date32(), Kind.TIMESTAMP: pa.timestamp("us", "UTC"),
}  # fmt: skip
NOW = datetime(2026, 5, 6, 7, 30, tzinfo=UTC)
WORDS = ("a", "b", "c", "d", "in", "out", "crane", "hot_work", "2026-05", "red", "")
VALUES: dict[str, int | float | date | datetime] = {
    "since": NOW - timedelta(days=2), "until": NOW, "today": NOW.date(), "moment_red": 110,
    "moment_yellow": 100, "pm10_limit": 0.2, "training_hours": 40, "times_mad": 3,
    "first_alarm": 20, "second_alarm": 50, "grace_days": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A statement with its title, and what its refusal says: ``line``: text."""

    title: str
    sql: str
    told: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return self.title.replace(" ", "-")


def tables() -> dict[str, dict[str, Kind]]:
    """The tables that the corpus reads."""
    found: dict[str, dict[str, Kind]] = {}
    for line in (FOLDER / "tables.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, columns = line.partition(": ")
            pairs = (each.split() for each in columns.split(", "))
            found[name] = {column: _KINDS[kind] for column, kind in pairs}
    return found


def cases(folder: str) -> Iterator[Case]:
    """The statements of a folder.

    A block begins with ``-- title`` and, where it is refused, ``--! line text`` for each fault.
    """
    for path in sorted((FOLDER / folder).glob("*.sql")):
        for block in path.read_text("utf-8").split("\n;\n"):
            lines = block.strip("\n").split("\n")
            told = [line[4:].split(" ", 1) for line in lines if line.startswith("--! ")]
            sql = "\n".join(line for line in lines[1:] if not line.startswith("--! "))
            faults = tuple((int(line), text) for line, text in told)
            yield Case(f"{path.stem}: {lines[0].removeprefix('-- ')}", sql, faults)


def rows(name: str, columns: dict[str, Kind], seed: int = 1) -> pa.Table:
    """A few rows, seeded: small numbers and few words, so that joins meet."""
    drawn = random.Random(f"{seed}{name}")
    found = [
        {column: _cell(kind, drawn) for column, kind in columns.items()} for _ in range(40)
    ]  # fmt: skip
    schema = pa.schema([(column, _ARROW[kind]) for column, kind in columns.items()])
    return pa.Table.from_pylist(found, schema)


def _cell(kind: Kind, drawn: random.Random) -> object:
    if drawn.random() < 0.08:
        return None
    if kind is Kind.STRING:
        return drawn.choice(WORDS)
    if kind is Kind.INTEGER:
        return drawn.randint(0, 30)
    if kind is Kind.NUMBER:
        return round(drawn.uniform(-5, 130), 2)
    if kind is Kind.BOOLEAN:
        return drawn.random() < 0.5
    if kind is Kind.DATE:
        return NOW.date() + timedelta(days=drawn.randint(-400, 60))
    return NOW - timedelta(minutes=drawn.randint(0, 6000))

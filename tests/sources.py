"""A small dataset that is fed by sources, for their tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
DATASET = "reading"
NAMES = ("reading_id", "station", "measured_at", "level", "fine")


def contract() -> Contract:
    """Return the contract of readings."""
    title = Text("读数", "readings")

    def column(name: str, kind: Kind, source: str, **told: Any) -> Column:
        return Column(name, kind, Text(name, name), source_name=source, **told)

    columns = (
        column("reading_id", Kind.INTEGER, "No.", required=True),
        column("station", Kind.STRING, 'sta"ti`on'),
        column("measured_at", Kind.TIMESTAMP, "at", zone="Asia/Shanghai"),
        column("level", Kind.NUMBER, "level%"),
        column("fine", Kind.BOOLEAN, "fine"),
    )
    return Contract(DATASET, "1.0.0", title, title, "water", Level.L1, columns, ("reading_id",))


def register() -> None:
    """Register the dataset."""
    from duokua.identity import facade as identity

    identity.ensure_department("water", "水务局", "Water")
    lake.register(dump_contract(contract()), by="li", now=NOW)


def rows() -> list[tuple[Any, ...]]:
    """Return what has landed, by number."""
    opened = lake.open_rows(DATASET, NAMES)
    if opened is None:
        return []
    found = [tuple(row.values()) for batch in opened[1] for row in batch.to_pylist()]
    return sorted(found, key=lambda row: row[0])


def add(text: str) -> lake.SourceInfo:
    """Add a source from its YAML."""
    return lake.add_source(text, place="s.yaml", by="li", now=NOW)


def run(name: str = "pull", key: str = "one", now: datetime = NOW) -> lake.SourceRun:
    """Fetch what a source has."""
    return lake.run_source(name, key=key, by="li", now=now, progress=lambda done, total: None)

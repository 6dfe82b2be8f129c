"""A lake with one dataset, ``flow``, and an interface on it; batches come as files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import flow_contract, flow_interface
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.lake import facade as lake

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


def open_lake(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make ``home`` the lake of the test and return it."""
    monkeypatch.setenv("DUOKUA_HOME", str(home))
    identity.ensure_department("water", "水务局", "Water")
    lake.register(flow_contract(), by="li", now=NOW)
    exchange.publish_interface(flow_interface(), source="i.yaml", by="li", now=NOW)
    return home


def ingest(folder: Path, batch: str, rows: str, mode: lake.Mode = "append") -> lake.IngestResult:
    """Bring rows of ``id,value,name`` in."""
    path = folder / "flow.csv"
    path.write_text("id,value,name\n" + rows, encoding="utf-8")
    return lake.ingest("flow", path, batch=batch, mode=mode, by="li", now=NOW)

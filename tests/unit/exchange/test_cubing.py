"""Publishing cubes: only shown cells are kept for serving, noise is charged, and there is one cube."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from contracts import PLAIN
from duokua.exchange import facade as exchange
from duokua.exchange.selectors import manifest_of
from duokua.exchange.values import GrantOrder
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from duokua.lang.predicate import Compare

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
CONTRACT = (
    PLAIN
    + """\
      - name: street
        logicalType: string
        required: true
        classification: L2
        customProperties:
          - {property: titleZh, value: 街道}
          - {property: titleEn, value: Street}
"""
)
CUBE = """\
interface: by_street
version: 1.0.0
title: {zh: 按街道统计, en: By street}
description: {zh: 说明, en: Description}
dataset: site_worker
shape: aggregate
cube:
  dimensions: [street]
  measures:
    - {name: n, fn: count}
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("housing", "住建局", "Housing")
    lake.register(CONTRACT, by="steward", now=NOW)
    land(tmp_path, 12, 4)
    return tmp_path


def land(home: Path, east: int, west: int) -> None:
    lines = ["工号,phone,entered_at,street"]
    lines += [f"e{at},,,east" for at in range(east)] + [f"w{at},,,west" for at in range(west)]
    path = home / f"{east}-{west}.csv"
    path.write_text("\n".join(lines))
    lake.ingest("site_worker", path, mode="replace", by="li", now=NOW)


def publish(text: str = CUBE) -> exchange.InterfaceInfo:
    return exchange.publish_interface(text, source="i.yaml", by="steward", now=NOW)


def released() -> list[dict[str, object]]:
    """Return the cells that are served."""
    manifest = manifest_of("by_street")
    assert manifest is not None
    path = environment.read().indexes / "by_street" / manifest.export
    rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return [{name: row[name] for name in ("street", "_rows")} for row in rows]


def test_only_shown_cells_are_kept_for_serving(home: Path) -> None:
    publish()
    assert released() == [{"street": "east", "_rows": 12}]
    land(home, 13, 10)
    exchange.refresh_indexes("site_worker")
    assert released() == [{"street": "east", "_rows": 13}, {"street": "west", "_rows": 10}]


def test_there_is_one_cube_of_a_dataset() -> None:
    publish()
    other = CUBE.replace("by_street", "by_street_too")
    publish(other)  # the same cells tell nothing more
    publish(other.replace("fn: count}", "fn: count}\n  budget: 5"))
    for changed in ("fn: count}\n  least: 11", "fn: count}\n  noise: {epsilon: 1, budget: 2}"):
        with pytest.raises(Invalid) as refused:
            publish(other.replace("fn: count}", changed))
        assert [fault.where for fault in refused.value.faults] == ["cube/by_street"]
    publish(CUBE.replace("version: 1.0.0", "version: 1.0.1"))


def test_noise_is_charged_before_it_is_drawn_and_ends_with_its_budget(home: Path) -> None:
    publish(CUBE.replace("fn: count}", "fn: count}\n  noise: {epsilon: 1, budget: 2}"))
    ledger = home / "policy" / "noise" / "by_street.json"
    first = released()
    assert exchange.refresh_indexes("site_worker") == 0
    assert released() == first  # one draw for one version, however often it is looked at
    assert len(json.loads(ledger.read_text())) == 1
    land(home, 500, 0)
    exchange.refresh_indexes("site_worker")
    second = released()
    assert second != first
    land(home, 900, 0)
    assert exchange.refresh_indexes("site_worker") == 0
    assert released() == second
    assert sum(epsilon for _, epsilon in json.loads(ledger.read_text())) == 2


def test_a_grant_of_a_cube_filters_by_dimensions_only() -> None:
    publish()
    exchange.create_client(title="x", department="housing", by="b", now=NOW, client_id="app")
    order = GrantOrder(
        client="app", interface="by_street", purpose="核查", basis="条例",
        valid_until=NOW + timedelta(days=1), row_filter=Compare("phone", "ne", "1"),
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        exchange.open_grant(order, by="steward", now=NOW)
    assert [fault.where for fault in refused.value.faults] == ["row_filter/phone"]

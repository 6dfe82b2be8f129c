"""What the form of a try asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duokua.exchange.access import asked, meters_of
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.kernel import clock
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface
from duokua.serving.meter import Meter
from gateway import district

NOW = datetime(2026, 5, 6, tzinfo=UTC)
LOOKUP, PAGE = district.lookup(), district.page()


def names(interface: Interface, columns: tuple[str, ...]) -> list[str]:
    """Return the parameters asked for under a grant of ``columns``."""
    info = InterfaceInfo(interface, district.contract(), None, None, NOW)
    return [one.name for one in asked(info, granted("g", interface, columns, Quota()))]


def granted(id_: str, interface: Interface, columns: tuple[str, ...], quota: Quota) -> GrantInfo:
    grant = Grant(
        id=id_, client="c", department="d", interface=interface.id, purpose="p", basis="b",
        columns=columns, masks=(), row_filter=None, quota=quota, row_cap=1, valid_from=0.0,
        valid_until=4e9,
    )  # fmt: skip
    return GrantInfo(grant, "active", "c", NOW, None, "")


def test_a_look_ups_key_is_asked_for_though_it_is_not_granted() -> None:
    assert names(LOOKUP, ("phone",)) == [each.name for each in LOOKUP.parameters]


@pytest.mark.parametrize("interface", [PAGE, replace(PAGE, id="other")])
def test_a_page_is_filtered_by_what_is_granted(interface: Interface) -> None:
    usable = [each.name for each in interface.parameters if each.column == "department"]
    assert usable and names(interface, ("department",)) == usable


def test_meters_of_many_grants_ask_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mark lets this test reach the database; each grant has its own figures."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    quota = Quota(calls_per_day=10, rows_total=500)
    meter = Meter(quota)
    meter.take(clock.now().timestamp(), 7)
    (tmp_path / "ledger").mkdir()
    told = {"seq": 1, "meters": {"used": meter.dump()}}
    (tmp_path / "ledger" / "meters.json").write_text(json.dumps(told))
    grants = [granted(name, PAGE, (), quota) for name in ("used", "idle")]
    found = {
        name: [(each.used, each.limit) for each in some] for name, some in meters_of(grants).items()
    }
    assert found == {"used": [(1, 10), (7, 500)], "idle": [(0, 10), (0, 500)]}

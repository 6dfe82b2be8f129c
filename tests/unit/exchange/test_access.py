"""What the form of a try asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from duokua.exchange.access import asked
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface
from gateway import district

NOW = datetime(2026, 5, 6, tzinfo=UTC)
LOOKUP, PAGE = district.lookup(), district.page()


def names(interface: Interface, columns: tuple[str, ...]) -> list[str]:
    """Return the parameters asked for under a grant of ``columns``."""
    grant = Grant(
        id="g", client="c", department="d", interface=interface.id, purpose="p", basis="b",
        columns=columns, masks=(), row_filter=None, quota=Quota(), row_cap=1, valid_from=0.0,
        valid_until=4e9,
    )  # fmt: skip
    info = InterfaceInfo(interface, district.contract(), None, None, NOW)
    return [one.name for one in asked(info, GrantInfo(grant, "active", "c", NOW, None, ""))]


def test_a_look_ups_key_is_asked_for_though_it_is_not_granted() -> None:
    assert names(LOOKUP, ("phone",)) == [each.name for each in LOOKUP.parameters]


@pytest.mark.parametrize("interface", [PAGE, replace(PAGE, id="other")])
def test_a_page_is_filtered_by_what_is_granted(interface: Interface) -> None:
    usable = [each.name for each in interface.parameters if each.column == "department"]
    assert usable and names(interface, ("department",)) == usable

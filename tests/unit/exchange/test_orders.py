"""What may be granted: every fault of an order is named at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from duokua.exchange.orders import check
from duokua.exchange.values import GrantOrder
from duokua.kernel.errors import Invalid
from duokua.lang.grant import Quota
from duokua.lang.interface import Interface
from duokua.lang.mask import Hide, Keep, Round, Truncate
from duokua.lang.predicate import And, Compare, Not
from gateway import district

NOW = datetime(2026, 5, 6, tzinfo=UTC)
PAGE, LOOKUP = district.page(), district.lookup()
GOOD = GrantOrder(
    client="app", interface="residents", purpose="inspection", basis="Regulation 12",
    valid_until=NOW + timedelta(1),
)  # fmt: skip


def faults(interface: Interface = PAGE, **changes: Any) -> list[str]:
    """Return the places that are wrong."""
    try:
        check(replace(GOOD, **changes), interface, district.contract(), NOW)
    except Invalid as error:
        for fault in error.faults:
            assert fault.what.zh and fault.what.en and fault.mend.zh and fault.mend.en
        return sorted(fault.where for fault in error.faults)
    return []


def test_good_orders() -> None:
    assert faults() == []
    assert faults(columns=("id", "phone"), masks=(("phone", Keep(3, 4)),)) == []
    assert faults(LOOKUP, columns=("phone",)) == [], "a look-up's key need not be shown"
    assert faults(row_filter=Compare("department", "eq", "D1"), columns=("id",)) == []
    assert faults(valid_from=NOW + timedelta(hours=1)) == []
    assert faults(quota=Quota(1, 1, 1, 1, 1), row_cap=1) == []


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"purpose": " "}, ["purpose"]),
        ({"basis": "x" * 201}, ["basis"]),
        ({"valid_until": NOW}, ["valid_until"]),
        ({"valid_from": NOW + timedelta(2)}, ["valid_until"]),
        ({"row_cap": 0}, ["row_cap"]),
        ({"quota": Quota(0, -1, None, 1, 0)},
         ["quota/calls_per_day", "quota/calls_per_second", "quota/rows_per_day"]),
        ({"columns": ("id", "nothing")}, ["columns/nothing"]),
        ({"columns": ("name",)}, ["columns/id"]),
        ({"masks": (("id", Hide()),)}, ["masks/id"]),
        ({"masks": (("born", Keep(1, 1)), ("name", Truncate("year")), ("active", Round(2)))},
         ["masks/active", "masks/born", "masks/name"]),
        ({"columns": ("id",), "masks": (("phone", Hide()),)}, ["masks/phone"]),
        ({"row_filter": And((Compare("id", "eq", 1), Not(Compare("x", "eq", 1))))},
         ["row_filter/x"]),
        ({"purpose": "", "basis": "", "row_cap": -1}, ["basis", "purpose", "row_cap"]),
    ],
)  # fmt: skip
def test_wrong_orders(changes: dict[str, Any], places: list[str]) -> None:
    assert faults(**changes) == places


def test_the_key_of_a_look_up_cannot_be_masked() -> None:
    assert faults(LOOKUP, masks=(("id", Round(10)),)) == ["masks/id"]

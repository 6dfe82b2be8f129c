"""How long rows are kept: read from a contract, and the days that follow from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import PLAIN
from duokua.kernel.errors import Invalid
from duokua.lang.codec import contract_from_json, contract_to_json
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.retention import Retention

SLA = "slaProperties: [{property: retention, value: %s, unit: %s%s}]\n"
kept = st.builds(Retention, st.integers(1, 120), st.sampled_from("dmy"))


def load(value: object = 3, unit: str = "y", element: str = "") -> Retention | None:
    told = f", element: {element}" if element else ""
    return load_contract(PLAIN + SLA % (value, unit, told), source="c").retention


def test_it_is_read_and_written() -> None:
    assert load() == Retention(3, "y")
    assert load(90, "days", "site_worker.entered_at") == Retention(90, "d", "entered_at")
    contract = load_contract(PLAIN, source="c")
    assert contract.retention is None
    with_one = replace(contract, retention=Retention(6, "m", "entered_at"), refresh_h=24)
    assert load_contract(dump_contract(with_one), source="c") == with_one
    assert contract_from_json(contract_to_json(with_one)) == with_one
    assert contract_from_json(contract_to_json(contract)) == contract


@pytest.mark.parametrize(
    ("value", "unit", "element"),
    [(0, "d", ""), (-1, "d", ""), ("x", "d", ""), (1, "w", ""), (3, "y", "phone"), (300, "y", "")],
)
def test_what_makes_no_sense_is_refused(value: object, unit: str, element: str) -> None:
    with pytest.raises(Invalid):
        load(value, unit, element)


@given(kept, st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_rows_of_a_day_go_on_the_first_day_that_keeps_them_no_more(
    one: Retention, day: date
) -> None:
    goes = one.goes_on(day)
    assert one.first_kept(goes) > day
    assert one.first_kept(date.fromordinal(goes.toordinal() - 1)) <= day

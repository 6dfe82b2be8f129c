"""Which refusals an interface's page and its OpenAPI name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import PLAIN
from duokua.lang.interface import Interface, Shape
from duokua.lang.interface_file import load_interface
from duokua.lang.odcs import load_contract
from duokua.serving.possible import Door, general, possible, refusals
from duokua.serving.problems import KINDS, Refusal

INTERFACE: Interface = load_interface(
    """\
interface: worker_by_id
version: 1.0.0
title: {zh: 查询, en: Look-up}
description: {zh: 说明, en: Description}
dataset: site_worker
shape: lookup
columns: [worker_id, phone]
""",
    source="i.yaml",
    contract=load_contract(PLAIN, source="c.yaml"),
)
EVERYWHERE = {
    "token_invalid", "not_found", "parameters_invalid", "quota_exhausted", "rate_limited",
    "overloaded", "unavailable", "no_data", "not_acceptable", "method_not_allowed",
}  # fmt: skip


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_names_what_can_meet_it_and_nothing_else(shape: Shape) -> None:
    told = possible(replace(INTERFACE, shape=shape))
    assert set(told) >= EVERYWHERE | {"token_missing", "not_granted"}
    assert len(told) == len(set(told))
    statuses = [KINDS[code].status for code in told]
    assert statuses == sorted(statuses)
    assert ("verify_exhausted" in told) == (shape is Shape.VERIFY)
    assert ("budget_exhausted" in told) == (shape is Shape.AGGREGATE)
    assert ("changes_too_old" in told) == (shape is Shape.CHANGES)


def test_nobody_needs_a_token_for_what_is_open() -> None:
    told = possible(replace(INTERFACE, open=True))
    assert not {"token_missing", "not_granted"} & set(told)
    assert set(told) >= EVERYWHERE


def test_every_kind_of_refusal_meets_some_shape() -> None:
    found = {code for shape in Shape for code in possible(replace(INTERFACE, shape=shape))}
    assert found == set(KINDS)


def test_by_door_and_status_they_are_the_same() -> None:
    for shape in Shape:
        interface, found = replace(INTERFACE, shape=shape), set()
        for door in Door:
            told = refusals(interface, door)
            assert all(KINDS[code].status == status for status, codes in told for code in codes)
            codes = [code for _, codes in told for code in codes]
            assert codes == [code for code in possible(interface) if code in codes]
            found.update(codes)
        assert found == set(possible(interface))
    at_file = {code for _, codes in refusals(INTERFACE, Door.FILE) for code in codes}
    assert "parameters_invalid" not in at_file and "token_invalid" in at_file


@pytest.mark.parametrize("code", KINDS)
def test_outside_a_call_no_place_stays_open(code: str) -> None:
    for text in (general(KINDS[code].title), general(KINDS[code].mend, link="/store/x/")):
        for language in (text.zh, text.en):
            assert language and "{" not in language
    if "{link}" in KINDS[code].mend.en:
        assert "/store/x/" in general(KINDS[code].mend, link="/store/x/").en
    assert Refusal(code).document("en")

"""Verification, change feeds and the end of an interface's life, as YAML tells them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.codec import interface_from_json, interface_to_json
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.interface import Interface, Shape, base_id, major, version_id
from duokua.lang.interface_file import load_interface

LABEL = Text("测试", "test")
CONTRACT = Contract(
    "resident", "1.0.0", LABEL, LABEL, "civil", Level.L3,
    (
        Column("id", Kind.INTEGER, LABEL, required=True),
        Column("number", Kind.STRING, LABEL, required=True, personal="resident_id"),
        Column("phone", Kind.STRING, LABEL, personal="phone"),
        Column("name", Kind.STRING, LABEL, personal="name"),
    ),
    ("id",),
)  # fmt: skip
HEAD = """\
interface: thing
version: 2.1.0
title: {zh: 甲, en: A}
description: {zh: 乙, en: B}
dataset: resident
"""
VERIFY = "shape: verify\nkey: [number]\nclaims: [phone, name]\n"
CHANGES = "shape: changes\ncolumns: [id, name]\n"


def read(text: str) -> Interface:
    return load_interface(HEAD + text, source="i.yaml", contract=CONTRACT)


def faults(text: str) -> list[str]:
    with pytest.raises(Invalid) as error:
        read(text)
    return [fault.what.en for fault in error.value.faults]


def test_a_verification() -> None:
    made = read(VERIFY)
    assert made.shape is Shape.VERIFY
    assert (made.key, made.columns) == (("number",), ("phone", "name"))
    assert [(each.name, each.required) for each in made.parameters] == [
        ("number", True), ("phone", False), ("name", False),
    ]  # fmt: skip
    assert interface_from_json(interface_to_json(made)) == made


def test_a_change_feed() -> None:
    made = read(CHANGES)
    assert (made.shape, made.parameters, made.order) == (Shape.CHANGES, (), ("id",))
    assert interface_from_json(interface_to_json(made)) == made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (VERIFY + "columns: [name]\n", "verify has no columns"),
        (VERIFY + "order: [id]\n", "verify has no order"),
        (VERIFY + "parameters: []\n", "verify has no parameters"),
        ("shape: verify\nkey: [phone]\nclaims: [name]\n", "'phone' is no key here"),
        ("shape: verify\nkey: [number]\nclaims: [number]\n", "'number' is no key here"),
        ("shape: verify\nclaims: [name]\n", "key must be a list of columns"),
        ("shape: verify\nkey: [number]\n", "claims must be a list of columns"),
        ("shape: changes\ncolumns: [name]\n", "changes are told by the key"),
        (CHANGES + "parameters: [{name: name}]\n", "changes has no parameters"),
        (CHANGES + "key: [id]\n", "changes has no key"),
        ("shape: page\ncolumns: [id]\nclaims: [id]\n", "page has no claims"),
        (VERIFY + "open: true\n", "the column 'phone' is not L1 or is personal and cannot be open"),
    ],
)
def test_what_a_shape_does_not_have(text: str, told: str) -> None:
    assert told in faults(text)


def test_the_end_of_its_life() -> None:
    made = read(
        CHANGES + "deprecated: 2026-11-01\nsunset: 2027-06-30T08:00:00Z\nsuccessor: other\n"
    )
    assert made.deprecated == datetime(2026, 10, 31, 16, tzinfo=UTC).timestamp()
    assert made.sunset == datetime(2027, 6, 30, 8, tzinfo=UTC).timestamp()
    assert made.successor == "other"
    assert interface_from_json(interface_to_json(made)) == made
    assert read(CHANGES).deprecated is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sunset: 2027-06-30\n", "since when it is deprecated is missing"),
        ("deprecated: soon\n", "deprecated is no day"),
        ("deprecated: 2027\n", "deprecated is no day"),
        ("deprecated: 2027-01-01\nsunset: 2026-01-01\n", "it would end before it is deprecated"),
        ("deprecated: 2027-01-01\nsuccessor: No Such\n", "the successor is no interface"),
    ],
)
def test_a_life_that_makes_no_sense(text: str, told: str) -> None:
    assert told in faults(CHANGES + text)


def test_ids_of_versions() -> None:
    assert (major("12.0.3"), version_id("a", 1), base_id("a@1"), base_id("a")) == (
        12, "a@1", "a", "a",
    )  # fmt: skip

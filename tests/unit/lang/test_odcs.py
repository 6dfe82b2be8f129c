"""Contracts in ODCS: read, written, and every fault told at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from contracts import PLAIN, contracts, interfaces
from duokua.kernel.errors import Invalid
from duokua.lang.codec import (
    contract_from_json,
    contract_to_json,
    interface_from_json,
    interface_to_json,
)
from duokua.lang.contract import Contract, Kind, Level
from duokua.lang.interface import Interface
from duokua.lang.odcs import dump_contract, load_contract


def faults_of(text: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        load_contract(text, source="c.yaml")
    assert all(fault.what.zh and fault.mend.zh and fault.mend.en for fault in caught.value.faults)
    found: dict[str, str] = {}
    for fault in caught.value.faults:
        found[fault.where] = f"{found.get(fault.where, '')}{fault.what.en}; "
    return found


def line_of(text: str, part: str) -> str:
    return f"c.yaml:{text[: text.index(part)].count(chr(10)) + 1}"


def test_a_contract_is_read() -> None:
    contract = load_contract(PLAIN, source="c.yaml")
    assert (contract.id, contract.version, contract.owner) == ("site_worker", "1.0.0", "housing")
    assert contract.key == ("worker_id",)
    assert contract.null_words == ("", "NA")
    worker, phone, entered = contract.columns
    assert (worker.source_name, worker.level, worker.required) == ("工号", Level.L1, True)
    assert (phone.personal, phone.level) == ("phone", Level.L3)
    assert (entered.kind, entered.zone) == (Kind.TIMESTAMP, "Asia/Shanghai")


def test_key_positions_order_the_key() -> None:
    text = PLAIN.replace("primaryKey: true", "primaryKey: true\n        primaryKeyPosition: 2")
    text = text.replace(
        "name: entered_at\n",
        "name: entered_at\n        required: true\n"
        "        primaryKey: true\n        primaryKeyPosition: 1\n",
    )
    assert load_contract(text, source="c.yaml").key == ("entered_at", "worker_id")


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("v3.1.0", "v3.0.0", "apiVersion", "apiVersion must be v3.1.0"),
        ("id: site_worker", "id: Site-Worker", "id: Site", "is no word"),
        ("version: 1.0.0", "version: one", "version: one", "is no version"),
        ("value: L3}", "value: L9}", "value: L9", "is no level"),
        ("value: L3}", "value: L1}", "value: L1", "below its highest"),
        ("value: worker_id", "value: nobody", "value: nobody", "does not exist"),
        ("classification: L3", "classification: L1", "classification", "must be L2"),
        ("logicalType: timestamp", "logicalType: array", "logicalType: array", "not supported"),
        ("value: Asia/Shanghai", "value: Mars/North", "value: Mars", "no time zone"),
        ("name: phone", "name: worker_id", "name: worker_id\n        logical", "twice"),
        ("required: true", "required: false", "name: worker_id\n", "must be required"),
        ("status: active", "status: active\nstatos: x", "statos", "not ODCS"),
    ],
)
def test_each_fault_has_its_line(old: str, new: str, at: str, what: str) -> None:
    text = PLAIN.replace(old, new)
    found = faults_of(text)
    # The standard's schema names the line of the object that holds an unknown field.
    where = line_of(text, at) if what != "not ODCS" else "c.yaml:1"
    assert what in found[where]


def test_all_faults_come_at_once() -> None:
    text = PLAIN.replace("version: 1.0.0", "version: x").replace("primaryKey: true", "unique: true")
    text = text.replace("value: L3}", "value: L9}")
    found = " ".join(faults_of(text).values())
    for what in ("is no version", "there is no key", "is no level"):
        assert what in found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: 1\na: 2", "twice"),
        ("a: &x 1\nb: *x", "anchor"),
        ("a: !!python/name:os.system x", "a tag"),
        ("[" * 60 + "]" * 60, "over 50 levels"),
        ("a: [", "not YAML"),
        ("a: b: c", "not YAML"),
        ("x" * (1 << 20) + "x", "over 1 MiB"),
    ],
)
def test_trap_doors_of_yaml_are_shut(text: str, what: str) -> None:
    assert what in " ".join(faults_of(text).values())


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "schema: 7", "schema: [7]", "customProperties: [7]"]
)
def test_any_shape_gives_faults_not_a_crash(text: str) -> None:
    assert faults_of(text)


@settings(max_examples=60, deadline=None)
@given(contracts())
def test_a_written_contract_reads_back_equal(contract: Contract) -> None:
    assert load_contract(dump_contract(contract), source="c.yaml") == contract


@given(contracts())
def test_contract_json_round_trip(contract: Contract) -> None:
    assert contract_from_json(json.loads(json.dumps(contract_to_json(contract)))) == contract


@given(interfaces)
def test_interface_json_round_trip(interface: Interface) -> None:
    assert interface_from_json(json.loads(json.dumps(interface_to_json(interface)))) == interface

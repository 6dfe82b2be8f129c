"""Interfaces as YAML files."""

from __future__ import annotations

import pytest

from contracts import INTERFACE, PLAIN
from duokua.kernel.errors import Invalid
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.interface_file import load_interface
from duokua.lang.odcs import load_contract


def load(text: str, contract: str = PLAIN) -> Interface:
    return load_interface(text, source="i.yaml", contract=load_contract(contract, source="c"))


def faults_of(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        load(text)
    return "\n".join(f"{fault.where} {fault.what.en}" for fault in caught.value.faults)


def test_a_lookup_takes_the_key_by_default() -> None:
    interface = load(INTERFACE)
    assert interface.parameters == (Parameter("worker_id", "worker_id", "eq", True),)
    assert interface.order == ("worker_id",)
    assert (interface.shape, interface.owner, interface.open) == (Shape.LOOKUP, "housing", False)


def test_a_page_is_ordered_up_to_the_key() -> None:
    contract = PLAIN.replace(
        "logicalType: timestamp", "logicalType: timestamp\n        required: true"
    )
    text = INTERFACE.replace("lookup", "page") + "order: [entered_at]\n"
    assert load(text, contract).order == ("entered_at", "worker_id")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (INTERFACE.replace("phone]", "fax]"), "i.yaml:7 the dataset has no column 'fax'"),
        (INTERFACE.replace("phone]", "worker_id]"), "twice"),
        (INTERFACE.replace("columns: [worker_id, phone]", "columns: []"), "list of columns"),
        (INTERFACE.replace("site_worker", "other"), "the dataset must be site_worker"),
        (INTERFACE.replace("lookup", "star"), "shape is wrong"),
        (INTERFACE.replace(", en: By number", ""), "needs both languages"),
        (INTERFACE + "colour: red\n", "no field 'colour'"),
        (INTERFACE + "open: true\n", "'phone' is not L1"),
        (INTERFACE + "open: maybe\n", "open is wrong"),
        (INTERFACE + "parameters: []\n", "exactly the key columns"),
        (INTERFACE.replace("lookup", "page") + "order: [phone]\n", "may be null"),
    ],
)
def test_faults(text: str, what: str) -> None:
    assert what in faults_of(text)


@pytest.mark.parametrize(
    ("parameter", "what"),
    [
        ("{name: limit, column: phone}", "taken or reserved"),
        ("{name: when, column: entered_at, op: prefix}", "'prefix' does not fit"),
        ("{name: when, column: entered_at, op: like}", "'like' does not fit"),
        ("{name: X, column: phone}", "name is wrong"),
        ("{name: phone, column: fax}", "no column 'fax'"),
        ("{name: phone, required: perhaps}", "required is wrong"),
        ("{name: phone, kind: x}", "no field 'kind'"),
    ],
)
def test_faults_of_parameters(parameter: str, what: str) -> None:
    text = f"{INTERFACE.replace('lookup', 'page')}parameters:\n  - {parameter}\n"
    assert what in faults_of(text)


def test_an_open_interface_neither_shows_nor_filters_by_closed_columns() -> None:
    text = INTERFACE.replace("lookup", "page").replace(", phone", "") + "open: true\n"
    assert load(text).open
    assert "'phone' is not L1" in faults_of(text + "parameters: [{name: phone, op: prefix}]\n")

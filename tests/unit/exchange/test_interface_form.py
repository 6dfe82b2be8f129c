"""The form of an interface says what the interface says, in every shape, and loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.exchange.forms.interface import (
    InterfaceForm,
    MeasureLine,
    ParameterLine,
    form_of,
    fresh_form,
    read,
    typed_form,
    write,
)
from duokua.exchange.forms.page import difference
from duokua.kernel.text import Text
from duokua.lang.interface import Interface
from duokua.lang.interface_file import load_interface
from gateway import district

CONTRACT = district.contract()
HEAD = """\
interface: thing
version: 1.2.3
title: {zh: 名, en: Name}
description: {zh: 说明, en: Words}
dataset: resident
"""
SHAPES = {
    "page": "shape: page\ncolumns: [id, phone]\nparameters:\n  - {name: tel, column: phone, op: prefix}\n"
    "  - {name: dept, column: department, required: true}\norder: [department, id]\n",
    "lookup": "shape: lookup\ncolumns: [id, name]\n",
    "verify": "shape: verify\nkey: [resident_id]\nclaims: [name, phone]\n",
    "changes": "shape: changes\ncolumns: [id, department]\n",
    "aggregate": "shape: aggregate\ncube:\n  dimensions: [department]\n  measures:\n"
    "    - {name: people, fn: count}\n"
    "    - {name: mean, fn: avg, column: score, between: [-50, 100.5]}\n  least: 12\n  budget: 30\n"
    "  noise: {epsilon: 0.5, budget: 20}\n",
}
LIFE = "deprecated: 2026-11-01\nsunset: 2027-06-30\nsuccessor: other\n"


def load(text: str) -> Interface:
    return load_interface(text, source="x.yaml", contract=CONTRACT)


@pytest.mark.parametrize("more", ["", LIFE])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_published_comes_back_unchanged(shape: str, more: str) -> None:
    interface = load(HEAD + SHAPES[shape] + more)
    again, faults = read(write(form_of(interface, raised=False)), CONTRACT)
    assert faults == {}
    assert again == interface
    raised, _ = read(write(form_of(interface, raised=True)), CONTRACT)
    assert raised == replace(interface, version="1.3.0")


@pytest.mark.parametrize("query", ["query: false\n", "query: [id]\n"])
def test_what_a_query_may_name_comes_back(query: str) -> None:
    interface = load(HEAD + SHAPES["page"] + query)
    assert read(write(form_of(interface, raised=False)), CONTRACT)[0] == interface


def test_the_proposal_of_a_dataset_shows_no_person() -> None:
    form = fresh_form(CONTRACT)
    interface, faults = read(write(form), CONTRACT)
    assert faults == {}
    assert interface is not None
    assert not any(CONTRACT.by_name[name].personal for name in interface.columns)


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
names = st.sampled_from([*district.NAMES, "", "odd", "null", "1.0", "a: b", "{", "№"])
forms = st.builds(
    InterfaceForm,
    dataset=st.just("resident"),
    id=names | words,
    version=st.sampled_from(["1.0.0", "1", "", "v: 2"]),
    title_zh=words, title_en=words, description_zh=words, description_en=words,
    shape=st.sampled_from([*SHAPES, "", "odd"]),
    columns=st.lists(names, max_size=4).map(tuple),
    key=st.lists(names, max_size=2).map(tuple),
    parameters=st.lists(
        st.builds(ParameterLine, names, names, st.sampled_from(["eq", "prefix", "x y"]), st.booleans()),
        max_size=3,
    ).map(tuple),
    order=st.lists(names, max_size=3).map(tuple),
    measures=st.lists(
        st.builds(MeasureLine, names, st.sampled_from(["count", "avg", "]"]), names, words, words),
        max_size=2,
    ).map(tuple),
    least=words, budget=words, open=st.booleans(),
    more=st.sampled_from(["", "query: [", "noise: {}", "sunset: x\nsuccessor: 1", "interface: twice"]),
)  # fmt: skip
FIELDS = {
    "id", "version", "title", "description", "dataset", "shape", "columns", "key", "parameters",
    "order", "measures", "least", "budget", "open", "more",
}  # fmt: skip


@settings(deadline=None)
@given(forms)
def test_whatever_is_typed_is_an_interface_or_faults_at_fields(form: InterfaceForm) -> None:
    interface, faults = read(write(form), CONTRACT)
    assert (interface is None) == bool(faults)
    for name in faults:
        assert name in FIELDS or name.startswith(("parameter_", "measure_"))
    if interface is not None:
        assert interface.title == Text(form.title_zh, form.title_en), "no text becomes another"
        assert interface.id == form.id


def _sent(form: InterfaceForm) -> tuple[dict[str, str], Sequence[str], Sequence[str]]:
    fields: dict[str, Any] = {
        name: getattr(form, name)
        for name in ("id", "version", "title_zh", "title_en", "description_zh", "description_en",
                     "shape", "least", "budget", "more")
    }  # fmt: skip
    for at, line in enumerate(form.parameters, 1):
        fields |= {f"p_name_{at}": line.name, f"p_column_{at}": line.column, f"p_op_{at}": line.op}
        fields |= {f"p_required_{at}": "on"} if line.required else {}
    for at, one in enumerate(form.measures, 1):
        fields |= {f"m_{name}_{at}": getattr(one, name) for name in MeasureLine.__slots__}
    fields |= {f"order_{at}": name for at, name in enumerate(form.order, 1)}
    return fields, form.columns, form.key


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sent_form_is_what_was_shown(shape: str) -> None:
    form = form_of(load(HEAD + SHAPES[shape]), raised=False)
    fields, columns, key = _sent(form)
    assert typed_form(fields, columns, key, CONTRACT) == form


def test_a_difference_names_what_came_and_went() -> None:
    assert difference("a\nb\n", "a\nb\n") == []
    told = [(line.kind, line.text) for line in difference("a\nb\n", "a\nc\n")]
    assert told == [("same", "a"), ("gone", "b"), ("added", "c")]

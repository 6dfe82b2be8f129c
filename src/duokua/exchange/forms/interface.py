"""The form of an interface (接口登记表): what was typed, and the YAML that it says.

The form says nothing that the file could not: it is written as the file, which is then read with
every check of the file, and each fault goes back to the field whose line it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Fault, Invalid
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface, Shape
from duokua.lang.interface_file import load_interface

PARAMETERS = 12  # lines at most
MEASURES = 8
ORDERS = 3
SOURCE = "interface.yaml"
_WORDS = ("title", "description")


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """One parameter as it was typed."""

    name: str = ""
    column: str = ""
    op: str = "eq"
    required: bool = False


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One figure of a cube as it was typed."""

    name: str = ""
    fn: str = "count"
    column: str = ""
    least: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceForm:
    """An interface as it was typed; ``more`` holds the rarer fields as lines of YAML."""

    dataset: str
    id: str = ""
    version: str = "1.0.0"
    title_zh: str = ""
    title_en: str = ""
    description_zh: str = ""
    description_en: str = ""
    shape: str = Shape.PAGE.value
    columns: tuple[str, ...] = ()  # of a verification its claims, of a cube its dimensions
    key: tuple[str, ...] = ()
    parameters: tuple[ParameterLine, ...] = ()
    order: tuple[str, ...] = ()
    measures: tuple[MeasureLine, ...] = ()
    least: str = "10"
    budget: str = "200"
    open: bool = False
    more: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The YAML of a form, and the field that each of its lines is from."""

    text: str
    fields: tuple[str, ...]

    def field(self, where: str) -> str:
        """Return the field of a fault at ``file:line``."""
        line = where.rpartition(":")[2]
        at = int(line) - 1 if line.isdecimal() else 0
        return self.fields[at] if at < len(self.fields) else self.fields[-1]


def fresh_form(contract: Contract) -> InterfaceForm:
    """Return the proposal for a dataset: its columns by page, in the order of its key."""
    shown = tuple(c.name for c in contract.columns if contract.may_show(c.name) or not c.personal)
    return InterfaceForm(
        dataset=contract.id,
        id=contract.id,
        title_zh=contract.title.zh,
        title_en=contract.title.en,
        description_zh=contract.description.zh,
        description_en=contract.description.en,
        columns=tuple(dict.fromkeys((*contract.key, *shown))),
        order=contract.key,
        key=contract.key,
    )


def form_of(interface: Interface, *, raised: bool) -> InterfaceForm:
    """Return the form that says ``interface``; ``raised`` proposes the version after it."""
    major, minor, patch = interface.version.split(".")
    cube = interface.cube
    lookup = interface.shape is Shape.LOOKUP
    return InterfaceForm(
        dataset=interface.dataset,
        id=interface.id,
        version=f"{major}.{int(minor) + 1}.0" if raised else f"{major}.{minor}.{patch}",
        title_zh=interface.title.zh,
        title_en=interface.title.en,
        description_zh=interface.description.zh,
        description_en=interface.description.en,
        shape=interface.shape.value,
        columns=interface.columns,
        key=interface.key,
        parameters=()
        if lookup or interface.shape is not Shape.PAGE
        else tuple(
            ParameterLine(each.name, each.column, each.op, each.required)
            for each in interface.parameters
        ),
        order=interface.order,
        measures=tuple(_measure_line(each) for each in cube.measures) if cube else (),
        least=str(cube.least) if cube else "10",
        budget=str(cube.budget) if cube else "200",
        open=interface.open,
        more="\n".join(_rarer(interface)),
    )


def _measure_line(measure: Any) -> MeasureLine:
    least, most = measure.between or ("", "")
    return MeasureLine(
        measure.name, measure.fn, measure.column or "", _number(least), _number(most)
    )


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _rarer(interface: Interface) -> Iterator[str]:
    if interface.query is not None:
        yield f"query: {_list(interface.query) if interface.query else 'false'}"
    for name in ("deprecated", "sunset"):
        told = getattr(interface, name)
        if told is not None:
            yield f"{name}: {_instant(told)}"
    if interface.successor:
        yield f"successor: {interface.successor}"
    if interface.cube and interface.cube.noise:
        noise = interface.cube.noise
        yield f"noise: {{epsilon: {noise.epsilon:g}, budget: {noise.budget:g}}}"


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).isoformat()


def typed_form(
    form: Mapping[str, str], columns: Sequence[str], key: Sequence[str], contract: Contract
) -> InterfaceForm:
    """Read a sent form and the columns that were ticked; what is wrong stays as it was typed."""

    def said(name: str) -> str:
        return form.get(name, "").strip()

    names = tuple(contract.by_name)
    return InterfaceForm(
        dataset=contract.id,
        **{
            name: said(name)
            for name in (
                "id", "version", "title_zh", "title_en", "description_zh", "description_en",
                "shape", "least", "budget",
            )
        },
        columns=tuple(name for name in names if name in columns),
        key=tuple(name for name in names if name in key),
        parameters=tuple(_parameter_lines(said)),
        order=tuple(
            dict.fromkeys(name for at in range(1, ORDERS + 1) if (name := said(f"order_{at}")))
        ),
        measures=tuple(_measure_lines(said)),
        open=said("open") == "on",
        more=form.get("more", "").replace("\r\n", "\n").strip(),
    )  # fmt: skip


def _parameter_lines(said: Any) -> Iterator[ParameterLine]:
    for at in range(1, PARAMETERS + 1):
        line = ParameterLine(
            said(f"p_name_{at}"), said(f"p_column_{at}"), said(f"p_op_{at}") or "eq",
            said(f"p_required_{at}") == "on",
        )  # fmt: skip
        if line.column or line.name:
            name = line.name or (line.column if line.op == "eq" else f"{line.column}_{line.op}")
            yield replace(line, name=name)


def _measure_lines(said: Any) -> Iterator[MeasureLine]:
    for at in range(1, MEASURES + 1):
        told = {name: said(f"m_{name}_{at}") for name in MeasureLine.__slots__}
        if told["name"] or told["column"]:
            line = MeasureLine(**{**told, "fn": told["fn"] or "count"})
            yield replace(line, name=line.name or f"{line.fn}_{line.column}".strip("_"))


def write(form: InterfaceForm) -> Written:
    """Write a form as the YAML of an interface file."""
    lines = list(_lines(form))
    return Written("\n".join(text for _, text in lines) + "\n", tuple(field for field, _ in lines))


def _lines(form: InterfaceForm) -> Iterator[tuple[str, str]]:
    yield "id", f"interface: {_word(form.id)}"
    yield "version", f"version: {_word(form.version)}"
    for name in _WORDS:
        zh, en = getattr(form, f"{name}_zh"), getattr(form, f"{name}_en")
        yield name, f"{name}: {{zh: {_text(zh)}, en: {_text(en)}}}"
    yield "dataset", f"dataset: {_word(form.dataset)}"
    yield "shape", f"shape: {_word(form.shape)}"
    yield from _shape_lines(form)
    yield "open", f"open: {'true' if form.open else 'false'}"
    for line in form.more.split("\n"):
        if line and not line.startswith("noise:"):
            yield "more", line


def _shape_lines(form: InterfaceForm) -> Iterator[tuple[str, str]]:
    match form.shape:
        case Shape.AGGREGATE:
            yield from _cube_lines(form)
        case Shape.VERIFY:
            yield "key", f"key: {_list(form.key)}"
            yield "columns", f"claims: {_list(form.columns)}"
        case Shape.PAGE:
            yield "columns", f"columns: {_list(form.columns)}"
            yield from _parameters(form)
            yield "order", f"order: {_list(form.order)}"
        case _:
            yield "columns", f"columns: {_list(form.columns)}"


def _parameters(form: InterfaceForm) -> Iterator[tuple[str, str]]:
    yield "parameters", "parameters:" if form.parameters else "parameters: []"
    for at, line in enumerate(form.parameters, 1):
        required = ", required: true" if line.required else ""
        yield (
            f"parameter_{at}",
            f"  - {{name: {_word(line.name)}, column: {_word(line.column)}, "
            f"op: {_word(line.op)}{required}}}",
        )


def _cube_lines(form: InterfaceForm) -> Iterator[tuple[str, str]]:
    yield "columns", "cube:"
    yield "columns", f"  dimensions: {_list(form.columns)}"
    yield "measures", "  measures:" if form.measures else "  measures: []"
    for at, line in enumerate(form.measures, 1):
        parts = [f"name: {_word(line.name)}", f"fn: {_word(line.fn)}"]
        if line.column:
            parts.append(f"column: {_word(line.column)}")
        if line.least or line.most:
            parts.append(f"between: [{_figure(line.least)}, {_figure(line.most)}]")
        yield f"measure_{at}", f"    - {{{', '.join(parts)}}}"
    yield "least", f"  least: {_figure(form.least)}"
    yield "budget", f"  budget: {_figure(form.budget)}"
    for rarer in form.more.split("\n"):
        if rarer.startswith("noise:"):
            yield "more", f"  {rarer}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _word(value: str) -> str:
    plain = value.isascii() and value.replace(".", "").replace("_", "").replace("-", "").isalnum()
    return value if plain and not value.replace(".", "", 1).isdigit() else _text(value)


def _figure(value: str) -> str:
    try:
        float(value)
    except ValueError:
        return _text(value)
    return value


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_word, names))}]"


def read(written: Written, contract: Contract) -> tuple[Interface | None, dict[str, list[Fault]]]:
    """Read what a form wrote; return the interface, or every fault by the field it belongs to."""
    try:
        return load_interface(written.text, source=SOURCE, contract=contract), {}
    except Invalid as error:
        by_field: dict[str, list[Fault]] = {}
        for fault in error.faults:
            by_field.setdefault(written.field(fault.where), []).append(fault)
        return None, by_field

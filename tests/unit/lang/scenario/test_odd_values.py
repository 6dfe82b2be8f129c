"""Whatever stands where in a file of a pack: the readers tell of it, they never break."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.packs_made import made_pack

from duokua.kernel.errors import Faults
from duokua.lang import yamlfile
from duokua.lang.scenario import manifest_file
from duokua.lang.scenario.form_file import read_form
from duokua.lang.scenario.indicator_file import read_indicator
from duokua.lang.scenario.parameter_file import read_pack_parameters
from duokua.lang.scenario.playbook_file import read_playbook
from duokua.lang.scenario.quality_file import read_quality
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.reading import columns_of, read_pack
from duokua.lang.scenario.sentence_file import clears, fires, read_sentences
from duokua.lang.scenario.view_file import read_view

FILES = made_pack()
PACK = read_pack(FILES)
TABLES = {name: columns_of(each) for name, each in PACK.contracts.items()} | LOOP_TABLES
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    "",
    "x y",
    "$",
    [],
    [None],
    [[]],
    {},
    {"x": None},
    {"zh": 1},
)
Read = Callable[[yamlfile.Document, Faults], Any]


def sentences(document: yamlfile.Document, faults: Faults) -> None:
    """Read sentences, and ask of each whether it fires."""
    found = list(
        read_sentences(
            document, rules=PACK.rules, contracts=PACK.contracts, parameters=PACK.parameters,
            faults=faults,
        )
    )  # fmt: skip
    for each in found:
        if each.rule in PACK.rules:
            fires(each, PACK.rules[each.rule])
            clears(each, PACK.rules[each.rule])


def view(document: yamlfile.Document, faults: Faults) -> None:
    """Read a view."""
    read_view(
        document, tables=TABLES, parameters=PACK.parameters, roles=["chief"], forms=PACK.forms,
        faults=faults,
    )  # fmt: skip


READERS: dict[str, Read] = {
    "pack.yaml": lambda doc, faults: manifest_file.read_manifest(doc, faults, "bridge_watch"),
    "quality.yaml": lambda doc, faults: read_quality(
        doc, tier="bronze", standing={}, faults=faults
    ),
    "playbooks/close_off.yaml": lambda doc, faults: read_playbook(
        doc, roles=["inspector", "chief"], forms=PACK.forms, faults=faults
    ),
    "forms/check_sheet.yaml": read_form,
    "parameters/strain_1.yaml": lambda doc, faults: list(read_pack_parameters(doc, faults)),
    "indicators/closed_in_time.yaml": lambda doc, faults: read_indicator(
        doc, tables=TABLES, parameters=PACK.parameters, faults=faults
    ),
    "views/overview.yaml": view,
    "views/bridge.yaml": view,
    "tests/strain_1.yaml": sentences,
}


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where something stands in a document."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from paths(inner, (*path, at))


def replaced(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    """Return a document with something else at a path."""
    if not path:
        return odd
    made = copy.deepcopy(value)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return made


@pytest.mark.parametrize("file", READERS)
def test_anything_may_stand_anywhere(file: str) -> None:
    document = yamlfile.load(FILES[file], source=file)
    faults = Faults()
    READERS[file](document, faults)
    assert not faults.found, [each.line() for each in faults.found]
    for path in paths(document.value):
        for odd in ODD:
            value = replaced(document.value, path, odd)
            faults = Faults()
            READERS[file](yamlfile.Document(value, file, document.lines), faults)
            for fault in faults.found:
                assert fault.where.startswith(f"{file}:"), fault.line()
                assert fault.mend.zh, fault.line()


@pytest.mark.parametrize("file", READERS)
def test_what_has_to_be_there_is_missed(file: str) -> None:
    faults = Faults()
    READERS[file](yamlfile.Document({"other": 1}, file, {}), faults)
    assert faults.found

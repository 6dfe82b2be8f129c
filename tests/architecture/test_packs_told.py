"""Every key that a pack may have is told in the reference, and every example in it is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duokua.identity.states import Role
from duokua.kernel.errors import Faults
from duokua.lang import interface_file
from duokua.lang.contract import Kind
from duokua.lang.scenario import manifest_file, playbook_file, rule_file, rule_keys
from duokua.lang.scenario.gate import admit
from duokua.lang.scenario.panel import ANY, OPTIONS
from duokua.lang.scenario.panel_told import TOLD
from duokua.lang.scenario.part import Part, shape
from duokua.lang.scenario.reference import SHAPES, reference
from duokua.lang.scenario.rule import WINDOW
from duokua.lang.scenario.sql_told import GROUPS, WINDOW_TOLD
from duokua.lang.yamlfile import load
from duokua.loop.states.case import CaseState

ROOT = Path(__file__).resolve().parents[2]
LANG = ROOT / "src" / "duokua" / "lang"
TABLE = {
    "a": Kind.NUMBER, "b": Kind.NUMBER, "s": Kind.STRING, "at": Kind.TIMESTAMP, "d": Kind.DATE,
    "ok": Kind.BOOLEAN,
}  # fmt: skip


@pytest.mark.parametrize(("language", "name"), [("zh", "pack_keys.zh.md"), ("en", "pack_keys.md")])
def test_the_reference_is_what_the_readers_declare(language: str, name: str) -> None:
    told = (ROOT / "docs" / "guide" / name).read_text("utf-8")
    made = reference("zh" if language == "zh" else "en")
    assert told == made, f"run: duokua pack keys --language {language} > docs/guide/{name}"


@pytest.mark.parametrize("declared", SHAPES, ids=lambda each: each.where)
def test_each_key_has_a_line_in_both_languages(declared: object) -> None:
    for each in declared.keys.values():  # type: ignore[attr-defined]
        for line in (each.told.zh, each.told.en):
            assert line.strip(), each.name
            assert "\n" not in line, each.name
        assert each.form, each.name


def test_a_key_that_is_read_but_not_declared_is_refused() -> None:
    part = Part({"a": 1}, shape("x.yaml", "例", "example"), load("a: 1", source="x.yaml"), Faults())
    with pytest.raises(LookupError):
        part.text("a")


def test_every_shape_that_is_declared_is_in_the_reference() -> None:
    declared = 0
    for path in sorted((LANG / "scenario").glob("*.py")):
        declared += len(re.findall(r"^[A-Z]+ = shape\(", path.read_text("utf-8"), re.MULTILINE))
    assert declared == len(SHAPES)


def test_front_matter_is_told_as_it_is_read() -> None:
    assert list(rule_keys.RULE.keys) == sorted(rule_file._KEYS, key=list(rule_keys.RULE.keys).index)
    text = (LANG / "scenario" / "rule_file.py").read_text("utf-8")
    read = {
        name: set(re.findall(r'"(\w+)"', rest))
        for name, rest in re.findall(r'_mapping\("(\w+)", ([^)]*)\)', text)
    }
    told = {
        "often": set(rule_keys.OFTEN.keys),
        "baseline": set(rule_keys.BASELINE.keys),
    }
    assert read == told
    assert (
        f"place.only({', '.join(repr(k) for k in rule_keys.BASIS.keys)})".replace("'", '"') in text
    )


def test_contracts_and_interfaces_are_told_as_they_are_read() -> None:
    assert set(rule_keys.INTERFACE.keys) == set(interface_file._FIELDS)
    assert set(rule_keys.FILTER.keys) == set(interface_file._PARAMETER_FIELDS)
    read = set()
    for path in LANG.glob("odcs*.py"):
        read |= set(re.findall(r'custom(?:_\w+\(|\.get\()\s*"(\w+)"', path.read_text("utf-8")))
    told = {*rule_keys.CONTRACT.keys, *rule_keys.COLUMN.keys}
    assert read <= told, read - told


def test_every_option_of_a_panel_is_told() -> None:
    options = {(kind, name) for kind, told in OPTIONS.items() for name in told}
    assert options | {("*", name) for name in ANY} == set(TOLD)


def test_what_the_readers_name_is_there() -> None:
    assert set(manifest_file.ROLES) <= {role.value for role in Role}
    assert set(playbook_file.STATES) == {state.value for state in CaseState}
    assert set(WINDOW_TOLD) == set(WINDOW)


@pytest.mark.parametrize("example", [each for _, examples in GROUPS for each in examples])
def test_every_example_of_sql_passes_the_gate(example: str) -> None:
    faults = Faults()
    sql = f"select {example} as value from t"
    found = admit(sql, tables={"t": TABLE}, parameters=WINDOW, place=str, faults=faults)
    assert found is not None, [each.line() for each in faults.found]


@pytest.mark.parametrize("name", ["packs.md", "packs.zh.md"])
def test_the_guide_leads_somewhere(name: str) -> None:
    folder = ROOT / "docs" / "guide"
    links = re.findall(r"\]\(([^)#:]+)\)", (folder / name).read_text("utf-8"))
    assert links
    assert not [link for link in links if not (folder / link).is_file()]

"""What is told of a pack that is wrong: one table of mistakes, each with its place and mend."""

from __future__ import annotations

import pytest
from tests.packs_made import made_pack

from duokua.kernel.errors import Fault, Invalid
from duokua.lang.scenario.reading import read_pack

M, Q, A = "pack.yaml", "quality.yaml", "parameters/strain_1.yaml"
R, E, T = "rules/strain_1.sql", "rules/failed_2.sql", "tests/strain_1.yaml"
P, F, V = "playbooks/close_off.yaml", "forms/check_sheet.yaml", "views/overview.yaml"
I, C = "indicators/closed_in_time.yaml", "contracts/bridge.odcs.yaml"  # noqa: E741
# file, what stands there, what is written instead, where it is told, a word of what, one of the mend
MISTAKES = [
    # the manifest
    (M, "version: 1.2.0", "version: 1.2", f"{M}:4", "version", "1.0.0"),
    (M, '">=0.1,<2.0"', "1.x", f"{M}:5", "platform", ">=0.1"),
    (M, "owner: transport\n", "", f"{M}:1", "lacks 'owner'", "owner: code"),
    (M, "purpose:", "purpos:", f"{M}:8", "'purpos'", "purpose"),
    (M, "{zh: 桥梁监测, en: Bridge watch}", "桥梁监测", f"{M}:2", "zh and en", "{zh: …, en: …}"),
    (M, "tier: bronze", "tier: iron", f"{M}:7", "iron", "bronze"),
    (M, "tier: bronze", "tier: gold", f"{Q}:1", "bronze", "agree"),
    (M, "role: head", "role: boss", f"{M}:18", "boss", "handler"),
    (M, "can: [accept,", "can: [acept,", f"{M}:17", "acept", "accept"),
    (M, "fresh: 10m", "fresh: 2wd", f"{M}:13", "working days", "10m"),
    (M, "columns: [bridge_id, name, keeper", "columns: [bridge_id, name, keepr", f"{M}:12",
     "keepr", "keeper"),
    (M, "  - inspection\n", "  - inspection\n  - weather\n", f"{M}:15", "no contract", "contracts/weather"),
    (M, "  - inspection\n", "  - inspection\n  - inspection\n", f"{M}:15", "twice", "rename"),
    (M, "provides: [bridge_load]", "provides: [bridge_lod]", f"{M}:15", "no contract", "bridge_lod"),
    # rules
    (R, "kind: state", "kind: status", f"{R}:3", "kind", "kind"),
    (R, "subject: [bridge_id]", "subject: [bridge]", f"{R}:5", "bridge", "bridge_id"),
    (R, "from bridge_reading where", "from bridge_readings where", f"{R}:17", "bridge_readings",
     "bridge_reading"),
    (R, "arg_max(strain, read_at)", "arg_max(strains, read_at)", f"{R}:16", "strains", "strain"),
    (R, "$strain_limit_1 as threshold", "$strain_limt as threshold", f"{R}:19", "strain_limt",
     "strain_limit_1"),
    (R, "'red'", "'purple'", f"{R}:21", "purple", "red"),
    (R, "playbook: close_off", "playbook: close", f"{R}:12", "close", "close_off"),
    (R, "from bridge as b", "from read_csv('/etc/passwd') as b", f"{R}:23", "READ_CSV", ""),
    (R, "every: 15m", "every: 15 * * * *", f"{R}:6", "15m", "every"),
    (E, "occurred_at: done_at\n", "", f"{E}:2", "occurred_at", ""),
    # playbooks
    (P, "  red: {accept", "  rot: {accept", f"{P}:3", "rot", "red"),
    (P, "  red: {accept: 5m, control: 15m, dispose: 24h, verify: 24h}\n", "", f"{P}:1", "red",
     "clocks"),
    (P, "accept: 5m, control: 15m", "accept: 5m, control: 1m", f"{P}:3", "shorter", "check"),
    (P, "dispose: 2wd", "dispose: two days", f"{P}:4", "span", "5wd"),
    (P, "department: $keeper", "department: $keper", f"{P}:1", "keper", "return keper"),
    (P, "role: inspector\n    lead", "role: inspectr\n    lead", f"{P}:10", "inspectr", "inspector"),
    (P, "    lead: true\n", "", f"{P}:6", "exactly one", "lead: true"),
    (P, "after: [close]", "after: [shut]", f"{P}:27", "shut", "close"),
    (P, "kind: form, form: check_sheet", "kind: form, form: sheet", f"{P}:15", "sheet", "check_sheet"),
    (P, "kind: form, form: check_sheet", "kind: form", f"{P}:15", "form", "form"),
    (P, "kind: photo", "kind: foto", f"{P}:14", "foto", "photo"),
    (P, "by: no_finding", "by: no_new_finding", f"{P}:1", "kind state", "no_finding"),
    (P, "{clock: dispose, after: 2d,", "{clock: control, after: 2d, level: [unknown],", f"{P}:36",
     "nobody is ever told", "control"),
    (P, "department: emergency", "department: $owner", f"{P}:35", "code", "code"),
    (P, "to: chief", "to: boss", f"{P}:36", "boss", "head"),
    (P, "names: {controlled", "names: {contained", f"{P}:37", "contained", "controlled"),
    (P, "warn: [50, 80, 100]", "warn: [80, 50]", f"{P}:38", "least first", "50"),
    (P, "stage: accept", "stage: begin", f"{P}:31", "begin", "accept"),
    # views, indicators, forms
    (V, "kind: map", "kind: maps", f"{V}:6", "maps", "map"),
    (V, "options: {lon: lon", "options: {lon: long", f"{V}:11", "long", "lon"),
    (V, "      from bridge\n", "      from bridges\n", f"{V}:10", "bridges", "bridge"),
    (V, "roles: [chief]", "roles: [boss]", f"{V}:2", "boss", "chief"),
    (V, "source: cases", "source: case", f"{V}:4", "case", "cases"),
    ("views/bridge.yaml", "key: bridge_id", "key: id", "views/bridge.yaml:3", "id", "bridge_id"),
    ("views/bridge.yaml", ", panels: [course]", ", panels: [about]", "views/bridge.yaml:14",
     "course", "course"),
    (I, "denominator: select count(*) as value", "denominator: select count(*) as value, 1 as one",
     f"{I}:3", "one column", "count(*)"),
    (I, "closed_at <= due_at", "closed <= due_at", f"{I}:2", "closed", "closed_at"),
    (I, "target_source: 示例\n", "", f"{I}:1", "target_source", "target_source"),
    (F, "type: integer", "type: whole", f"{F}:3", "whole", "integer"),
    (F, "required: [cracks]", "required: [crack]", f"{F}:6", "crack", "cracks"),
    # parameters, tables, contracts
    (A, "value: 101", "value: high", f"{A}:5", "unit", "number"),
    (A, "mark: P}\n    2026", "mark: X}\n    2026", f"{A}:5", "X", "V"),
    (A, ", source: 示例, mark: P}\n    2026", ", mark: P}\n    2026", f"{A}:5", "source", "source"),
    (A, "strain_limit_1:", "until:", f"{A}:1", "until", "a-z"),
    (A, "2024-01-01", "2024-13-01", f"{A}:5", "2024-13-01", "2024-01-01"),
    ("tables/grade.csv", "b,200.5", "b,many", "tables/grade.csv:3", "number", "correct"),
    ("tables/grade.csv", "b,200.5", "a,200.5", "tables/grade.csv:3", "twice", "remove"),
    ("tables/grade.csv", "grade,most", "grade,mst", "tables/grade.csv:1", "head", "grade,most"),
    ("samples/bridge.csv", "2001-05-06", "2001-15-06", "samples/bridge.csv:2", "date", "correct"),
    (C, "id: bridge\n", "id: bridges\n", f"{C}:1", "bridges", "id: bridge"),
    (C, "- name: keeper", "- name: keeper_phone", f"{C}:23", "personal", "classification"),
    # sentences and the whole
    (T, "rule: strain_1", "rule: strain_9", f"{T}:2", "strain_9", "strain_1"),
    (T, "level: red}", "level: none}", f"{R}:1", "firing", f"{T}"),
    (T, "B2, level: none}", "B2, level: red}", f"{R}:1", "clearing", f"{T}"),
    (T, "strain: 9999", "strain: much", f"{T}:6", "number", "correct"),
    (T, "strain: 9999", "stran: 9999", f"{T}:6", "stran", "strain"),
    (T, "at: 2026-05-06T12:00", "at: noon", f"{T}:3", "instant", "2026"),
    (Q, "sentences: done", "sentence: done", f"{Q}:1", "sentence", "sentences"),
    (Q, "playbooks: done", "playbooks: done, indicators: exempt", f"{Q}:1", "reason", "reason"),
    (Q, "playbooks: done", "playbooks: done, sources: done, drill: later", f"{Q}:1", "later", "todo"),
]  # fmt: skip


def faults_of(files: dict[str, str]) -> tuple[Fault, ...]:
    """Return what is told of a pack."""
    with pytest.raises(Invalid) as caught:
        read_pack(files)
    return caught.value.faults


@pytest.mark.parametrize(("file", "there", "instead", "where", "what", "mend"), MISTAKES)
def test_a_mistake_is_told_where_it_is_with_its_mend(
    file: str, there: str, instead: str, where: str, what: str, mend: str
) -> None:
    files = made_pack()
    assert there in files[file], "the mistake can be made"
    files[file] = files[file].replace(there, instead, 1)
    found = faults_of(files)
    told = [each for each in found if each.where == where and what in each.what.en]
    assert told, [each.line() for each in found]
    assert mend in told[0].mend.en, told[0].line()
    assert told[0].what.zh, "in both languages"
    assert told[0].mend.zh


def test_mistakes_of_all_files_are_told_at_once() -> None:
    files = made_pack()
    made = [
        each for each in MISTAKES
        if each[:2] in {(M, "version: 1.2.0"), (R, "'red'"), (P, "dispose: 2wd"), (V, "kind: map"),
                        (I, "closed_at <= due_at"), (F, "type: integer"), (A, "value: 101"),
                        (T, "strain: 9999"), ("tables/grade.csv", "b,200.5")}
    ]  # fmt: skip
    wanted = set()
    for file, there, instead, where, _, _ in made:
        if file not in wanted and there in files[file]:
            files[file] = files[file].replace(there, instead, 1)
            wanted.add(where)
    assert wanted <= {each.where for each in faults_of(files)}
    assert len(wanted) == 9


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("notes.txt", "no kind of file"),
        ("helpers.py", "no kind of file"),
        ("rules/deep/one.sql", "no kind of file"),
        ("rules/../../one.sql", "no kind of file"),
        ("contracts/bridge.yaml", "no kind of file"),
    ],
)
def test_a_file_that_belongs_to_no_kind(path: str, what: str) -> None:
    (fault,) = faults_of(made_pack() | {path: "x"})
    assert (fault.where, what in fault.what.en) == (f"{path}:1", True)


@pytest.mark.parametrize("path", ["pack.yaml", "quality.yaml"])
def test_a_file_that_has_to_be_there(path: str) -> None:
    files = made_pack()
    del files[path]
    assert (f"{path}:1", "the file is missing") in {
        (each.where, each.what.en) for each in faults_of(files)
    }


def test_what_is_read_but_not_used_is_told() -> None:
    files = made_pack()
    files["pack.yaml"] = files["pack.yaml"].replace(
        "  - inspection\n", "  - inspection\n  - extra\n"
    )
    files["contracts/extra.odcs.yaml"] = files["contracts/grade.odcs.yaml"].replace(
        "grade", "extra"
    )
    files["parameters/more.yaml"] = files["parameters/strain_1.yaml"].replace("limit_1", "limit_7")
    found = {(each.where, each.what.en) for each in faults_of(files)}
    assert found == {
        ("pack.yaml:15", "extra is read but never used"),
        ("parameters/more.yaml:1", "the parameter strain_limit_7 is never used"),
    }


def test_the_folder_has_the_name_of_the_pack() -> None:
    with pytest.raises(Invalid) as caught:
        read_pack(made_pack(), folder="other")
    assert caught.value.faults[0].where == "pack.yaml:1"
    assert read_pack(made_pack(), folder="bridge_watch").manifest.pack == "bridge_watch"

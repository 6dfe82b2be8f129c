"""A whole pack is read into values: what each file says, its lineage and its digest."""

from __future__ import annotations

import os
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.packs_made import made_pack

from duokua.kernel.errors import Invalid
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.lineage import Node, lineage_of
from duokua.lang.scenario.reading import digest_of, read_pack
from duokua.lang.scenario.span import Span

PACK = read_pack(made_pack())


def test_the_manifest() -> None:
    manifest = PACK.manifest
    assert (manifest.pack, manifest.version, manifest.tier) == ("bridge_watch", "1.2.0", "bronze")
    bridge, reading, inspection = manifest.consumes
    assert (bridge.interface, bridge.columns[0]) == ("bridge_all", "bridge_id")
    assert (reading.interface, reading.fresh) == ("bridge_reading", 600)
    assert (inspection.columns, inspection.fresh) == ((), None)
    assert [(each.id, each.role) for each in manifest.roles] == [
        ("inspector", "handler"), ("chief", "head"),
    ]  # fmt: skip


def test_a_rule_reads_only_the_columns_that_are_asked_for() -> None:
    rule = PACK.rules["strain_1"]
    assert rule.tables == ("bridge", "bridge_reading")
    assert rule.parameters == ("strain_limit_1",)
    assert rule.levels == ("red", "orange", "none", "unknown")
    files = made_pack()
    files["rules/strain_1.sql"] = files["rules/strain_1.sql"].replace("b.lat,", "b.lat, b.built,")
    with pytest.raises(Invalid) as caught:
        read_pack(files)
    assert "built" in caught.value.faults[0].what.en


def test_a_playbook() -> None:
    playbook = PACK.playbooks["close_off"]
    assert playbook.limit(Level.RED, "control") == Span(15, "m")
    assert playbook.limit(Level.ORANGE, "dispose") == Span(2, "wd")
    assert playbook.limit(Level.YELLOW, "dispose") is None
    close, divert, repair = playbook.tasks
    assert (close.lead, divert.lead, repair.after) == (True, False, ("close",))
    assert close.asks[1].form == "check_sheet"
    assert divert.levels == (Level.RED,)
    assert divert.limits == (("dispose", Span(2, "h")),)
    assert playbook.verify.sign == ("traffic_police",)
    assert [(each.to, each.department) for each in playbook.ladder] == [
        ("head", ""), ("command", "emergency"), ("chief", ""),
    ]  # fmt: skip
    of_all = PACK.playbooks["repair"]
    assert of_all.limit(Level.BLUE, "dispose") == of_all.limit(Level.RED, "dispose")
    assert of_all.tasks[0].lead, "an only task leads"


def test_views_indicators_and_forms() -> None:
    overview, bridge = PACK.views["overview"], PACK.views["bridge"]
    assert overview.panels[0].source == "cases"
    assert overview.panels[1].tables == ("bridge",)
    assert "$key" in bridge.panels[0].query
    assert "*" not in bridge.panels[0].query, "stars are written out"
    assert [panels for _, panels in bridge.tabs] == [("about",), ("course",)]
    indicator = PACK.indicators["closed_in_time"]
    assert (indicator.target, indicator.tables) == (0.95, ("case",))
    schema = PACK.forms["check_sheet"].schema
    assert schema["required"] == ["cracks"]
    assert schema["additionalProperties"] is False


def test_sentences_have_instants_with_an_offset() -> None:
    first = PACK.sentences[0]
    assert first.at == "2026-05-06T12:00:00+08:00"
    sentence = next(each for each in PACK.sentences if each.rule == "strain_1")
    assert sentence.given["bridge_reading"][0]["read_at"] == "2026-05-06T11:50:00+08:00"


def test_a_sentence_names_a_level_that_there_is() -> None:
    told = dict(made_pack())
    name = next(each for each in told if each.startswith("tests/"))
    told[name] = told[name].replace("level: red", "level: rot", 1)
    with pytest.raises(Invalid) as wrong:
        read_pack(told)
    (fault,) = (each for each in wrong.value.faults if "rot" in each.what.en)
    assert fault.where.startswith(f"{name}:")
    assert "red, orange, yellow, blue, none, unknown" in fault.mend.en


def test_lineage_goes_from_interfaces_to_playbooks() -> None:
    lineage = lineage_of(PACK)
    reading = Node("interface", "bridge_reading")
    after = lineage.after(reading)
    assert {Node("table", "bridge_reading"), Node("dataset", "bridge_load")} <= after
    assert {Node("rule", "strain_1"), Node("rule", "failed_2")} <= after
    assert {Node("playbook", "close_off"), Node("view", "bridge")} <= after
    before = lineage.before(Node("rule", "strain_1"))
    assert Node("parameter", "strain_limit_1") in before
    assert Node("interface", "bridge_all") in before
    assert Node("interface", "inspection") not in before
    assert not lineage.after(Node("interface", "inspection")) & {Node("rule", "strain_1")}


def test_the_digest_is_of_names_and_contents() -> None:
    files = made_pack()
    assert digest_of(files) == digest_of(dict(reversed(files.items()))) == PACK.digest
    moved = {**files, "README.md": "", "README.zh.md": files["README.md"]}
    assert digest_of(moved) != digest_of({**files, "README.zh.md": ""})


def test_values_of_a_parameter_follow_each_other() -> None:
    limit = PACK.parameters["strain_limit_1"]
    before, after = limit.at(date(2025, 12, 31)), limit.at(date(2026, 1, 1))
    assert before is not None
    assert after is not None
    assert (before.value, after.value) == (101, 91)
    assert limit.at(date(2023, 12, 31)) is None


@settings(max_examples=int(20 * float(os.environ.get("EFFORT", "1"))), deadline=None)
@given(
    st.sampled_from(sorted(made_pack())),
    st.integers(0, 3_000),
    st.integers(1, 40),
    st.sampled_from(["", "x", ":", "\n", "'", "{", "}", "- ", "\t", "\x00", "中", "$", "/*", "*/"]),
)
def test_whatever_is_cut_or_put_in_is_told_or_read(
    path: str, at: int, length: int, instead: str
) -> None:
    files = made_pack()
    text = files[path]
    at %= max(1, len(text))
    files[path] = text[:at] + instead + text[at + length :]
    try:
        read_pack(files)
    except Invalid as error:
        assert error.faults
        for fault in error.faults:
            assert ":" in fault.where
            assert fault.what.zh
            assert fault.mend.en


SENTENCE_LINES = """
- name: a course
  rule: strain_1
  at: 2026-05-06T12:00
  given: {bridge: [], bridge_reading: []}
  expect: []
  then:
"""


def _with_then(*moments: str) -> dict[str, str]:
    files = dict(made_pack())
    name = next(each for each in files if each.startswith("tests/"))
    files[name] += SENTENCE_LINES + "".join(f"    - {each}\n" for each in moments)
    return files


def test_moments_follow_each_other_by_spans_or_instants() -> None:
    files = _with_then(
        "{at: 10m, expect: []}", "{at: 2026-05-06T13:00, given: {bridge: []}, expect: []}"
    )
    (sentence,) = [each for each in read_pack(files).sentences if each.then]
    assert [each.at for each in sentence.moments] == [
        "2026-05-06T12:00:00+08:00", "2026-05-06T12:10:00+08:00", "2026-05-06T13:00:00+08:00",
    ]  # fmt: skip
    assert sentence.then[0].given == {} and sentence.then[1].given == {"bridge": []}


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("{at: 2026-05-06T12:00, expect: []}", "after the moment before"),
        ("{at: yesterday, expect: []}", "is no instant"),
        ("{at: 3wd, expect: []}", "is no instant"),
        ("{expect: []}", "lacks 'at'"),
        ("{at: 10m}", "lacks 'expect'"),
        ("{at: 10m, expect: [], given: {cloud: []}}", "does not read cloud"),
        ("{at: 10m, expect: [{level: purple}]}", "is no level"),
        ("{at: 10m, expects: []}", "'expects' is no key"),
    ],
)
def test_what_is_wrong_with_a_moment_is_told_at_its_line(moment: str, told: str) -> None:
    files = _with_then("{at: 10m, expect: []}", moment)
    with pytest.raises(Invalid) as caught:
        read_pack(files)
    found = [fault for fault in caught.value.faults if told in fault.what.en]
    name = next(each for each in files if each.startswith("tests/"))
    lines = files[name].splitlines()
    place = max(at for at, line in enumerate(lines, 1) if moment in line)
    assert found and found[0].where.startswith(f"{name}:{place}")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("recent: 10m", "goes with recent or newest"),
        ("by: at", "goes with recent or newest"),
        ("recent: 2wd, by: at", "not working days"),
        ("newest: [bridge_id], by: nothing", "no instant among the columns"),
        ("newest: [nothing], by: at", "no column that is read"),
    ],
)
def test_what_is_kept_of_a_stream_is_told_whole(keys: str, said: str) -> None:
    files = made_pack()
    before = next(e for e in files["pack.yaml"].splitlines() if "table: bridge_reading" in e)
    files["pack.yaml"] = files["pack.yaml"].replace(before, before.replace("}", f", {keys}}}"))
    with pytest.raises(Invalid) as caught:
        read_pack(files)
    assert any(said in fault.what.en for fault in caught.value.faults)

"""Quality rules: read from ODCS, written back equal, judged as a score."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.codec import contract_from_json, contract_to_json
from duokua.lang.contract import Contract
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.quality import Bound, Dimension, Measured, Metric, QualityRule, judge

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: pupil
name: pupils
version: 1.0.0
status: active
customProperties:
- {property: titleZh, value: 学生}
- {property: titleEn, value: Pupils}
- {property: ownerDepartment, value: education}
slaProperties:
- {property: frequency, value: 2, unit: d}
schema:
- name: pupil
  logicalType: object
  quality:
  - {name: unique_phone, metric: duplicateValues, mustBe: 0, arguments: {properties: [phone]}}
  - {name: enough, metric: rowCount, mustBeBetween: [10, 99]}
  - type: custom
    name: in_order
    engine: duokua
    implementation: {compare: [born, "<=", entered], mustBeLessThan: 2}
    unit: percent
  properties:
  - name: id
    logicalType: string
    required: true
    primaryKey: true
    customProperties: [{property: titleZh, value: 编号}, {property: titleEn, value: number}]
  - name: phone
    logicalType: string
    quality:
    - {metric: nullValues, mustBe: 0}
    - {metric: invalidValues, mustBe: 0, arguments: {pattern: "1[0-9]{10}"}, dimension: accuracy}
    customProperties: [{property: titleZh, value: 电话}, {property: titleEn, value: phone}]
  - name: school
    logicalType: string
    quality:
    - {type: custom, engine: duokua, implementation: {references: school.id}}
    - {type: text, description: words for people}
    customProperties: [{property: titleZh, value: 学校}, {property: titleEn, value: school}]
  - name: born
    logicalType: date
    customProperties: [{property: titleZh, value: 生日}, {property: titleEn, value: born}]
  - name: entered
    logicalType: date
    customProperties: [{property: titleZh, value: 入学}, {property: titleEn, value: entered}]
"""


def load() -> Contract:
    return load_contract(CONTRACT, source="c.yaml")


def test_rules_are_read_with_their_defaults() -> None:
    contract = load()
    rules = {rule.name: rule for rule in contract.quality}
    assert list(rules) == [
        "unique_phone", "enough", "in_order", "null_phone", "invalid_phone", "orphan_school",
    ]  # fmt: skip
    assert contract.refresh_h == 48
    assert rules["enough"].bound is Bound.BETWEEN
    assert rules["enough"].limits == (10.0, 99.0)
    assert rules["in_order"].columns == ("born", "entered")
    assert rules["in_order"].percent
    assert rules["orphan_school"].other == ("school", "id")
    assert rules["invalid_phone"].dimension is Dimension.ACCURACY
    assert rules["null_phone"].title == Text("电话不为空", "phone is given")


def test_written_rules_are_read_back_equal() -> None:
    contract = load()
    ordered = {
        rule.name: rule for rule in load_contract(dump_contract(contract), source="c").quality
    }
    assert ordered == {rule.name: rule for rule in contract.quality}
    assert contract_from_json(contract_to_json(contract)) == contract


def test_a_stored_contract_from_before_has_no_rules() -> None:
    told = contract_to_json(load())
    del told["quality"], told["refresh_h"], told["sql"]
    assert contract_from_json(told) == replace(load(), quality=(), refresh_h=None)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"metric": "invalidValues", "mustBe": 0}, "which values are valid"),
        ({"metric": "nullValues", "mustBe": "x"}, "must be a number"),
        (
            {"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "("}},
            "pattern is wrong",
        ),
        ({"type": "sql", "query": "select 1", "mustBe": 0}, "not supported"),
        (
            {"type": "custom", "engine": "soda", "implementation": "x"},
            "not supported",
        ),
        (
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["gone"]}},
            "no column 'gone'",
        ),
    ],
)
def test_a_wrong_rule_is_named(entry: dict[str, object], said: str) -> None:
    document = yaml.safe_load(CONTRACT)
    document["schema"][0]["properties"][1]["quality"] = [entry]
    with pytest.raises(Invalid) as caught:
        load_contract(yaml.safe_dump(document), source="c.yaml")
    assert any(said in fault.what.en for fault in caught.value.faults)


def rule(name: str, dimension: Dimension, metric: Metric = Metric.NULL) -> QualityRule:
    return QualityRule(name, Text(name, name), dimension, metric, ("a",))


def test_the_score_is_the_mean_of_the_dimensions() -> None:
    complete = Measured(rule("a", Dimension.COMPLETENESS), 50.0, 50, 100)
    valid = Measured(rule("b", Dimension.CONFORMITY), 0.0, 0, 100)
    unique = Measured(rule("c", Dimension.UNIQUENESS), None, None, 100)
    score = judge((complete, valid, unique))
    assert score.total == 75.0
    assert score.best is complete
    assert score.gain == 25.0


def test_nothing_judged_is_no_score() -> None:
    assert judge(()).total is None
    assert judge((Measured(rule("a", Dimension.ACCURACY), None, None, 9),)).total is None


def test_late_data_lose_points_by_how_late_they_are() -> None:
    fresh = QualityRule(
        "f", Text("f", "f"), Dimension.TIMELINESS, Metric.AGE, (), Bound.AT_MOST, (24.0,)
    )
    parts = [Measured(fresh, hours, None, 1).part for hours in (1.0, 24.0, 36.0, 48.0, 99.0)]
    assert parts == [1.0, 1.0, 0.5, 0.0, 0.0]


@given(
    st.lists(
        st.tuples(st.sampled_from(Dimension), st.integers(0, 50), st.integers(50, 90)), min_size=1
    )
)
def test_mending_the_best_rule_gains_what_is_said(found: list[tuple[Dimension, int, int]]) -> None:
    measured = tuple(
        Measured(rule(str(at), dimension), float(bad), bad, rows)
        for at, (dimension, bad, rows) in enumerate(found)
    )
    score = judge(measured)
    assert score.total is not None
    assert 0 <= score.total <= 100
    if score.best is None:
        assert score.total == 100
        return
    mended = tuple(replace(one, value=0.0, bad=0) if one is score.best else one for one in measured)
    better = judge(mended).total
    assert better is not None
    assert abs(better - score.total - score.gain) < 1e-9

"""Sentences, baselines and simulation over rows that a test gives; nothing is read from a lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Moment, Pack, Sentence
from duokua.lang.scenario.rule import Baseline, Often, Rule, RuleKind
from duokua.loop.actions.evaluation.sentences import check_sentences, compare
from duokua.loop.actions.evaluation.simulating import simulate_rule
from loop_world import span
from rule_world import PASSED, START, Lake, limit, minutes, pack, rule

DAYS = Calendar()
UNUSUAL = """select p.site, p.weight as value, b.median, b.mad, case when p.weight > b.median + 3 * b.mad
then 'orange' else 'none' end as level from pass as p join baseline_pass as b on b.site = p.site
and b.day_kind = 'workday' and b.slot = 10 where p.happened_at >= $since and p.happened_at < $until"""


def _told(*rules: Rule, sentences: list[Sentence], **changes: Any) -> list[Any]:
    made: Pack = replace(pack(*rules, **changes), sentences=tuple(sentences))
    return check_sentences(made, DAYS)


def _sentence(given: dict[str, Any], expect: list[dict[str, object]], **more: Any) -> Sentence:
    return Sentence("name", more.pop("rule", "high"), START.isoformat(), given, expect, **more)


SITES = [{"site": "a", "value": 75}, {"site": "b", "value": 10}, {"site": "c"}]


@pytest.mark.parametrize(
    ("expect", "passed"),
    [
        ([{"site": "a", "level": "yellow"}, {"site": "c", "level": "unknown"}], True),
        ([{"site": "c"}, {"site": "b", "level": "none"}, {"site": "a", "value": 75.0}], True),
        ([{"site": "a", "level": "yellow"}], False),
        ([{"site": "a", "level": "red"}, {"site": "c"}], False),
        ([{"site": "a"}, {"site": "c"}, {"site": "d"}], False),
        ([], False),
    ],
)
def test_what_is_expected_is_found_and_no_more(
    expect: list[dict[str, object]], passed: bool
) -> None:
    (result,) = _told(rule(), sentences=[_sentence({"site": SITES}, expect)])
    assert result.passed is passed and result.error is None
    assert bool(result.missing or result.besides) is not passed


def test_each_wanted_row_stands_for_one() -> None:
    missing, besides = compare([{"a": 1}, {"a": 1}], [{"a": 1, "level": "red"}])
    assert missing == [{"a": 1}] and besides == []


def test_parameters_as_of_the_day_or_as_the_sentence_says() -> None:
    told = limit(("2020-01-01", "2026-05-05", 80), ("2026-05-06", None, 70))
    row = {"site": [{"site": "a", "value": 75}]}
    results = _told(
        rule(),
        sentences=[
            _sentence(row, [{"site": "a", "threshold": 70}]),
            replace(_sentence(row, []), at=(START - timedelta(days=2)).isoformat()),
            _sentence(row, [], parameters={"limit": 76}),
        ],
        parameters={"limit": told},
    )
    assert [each.passed for each in results] == [True, True, True]


def test_tables_that_are_not_given_are_empty_and_errors_are_told() -> None:
    bad = rule("bad", "select site, nothing as level from site")
    first, second = _told(rule(), bad, sentences=[_sentence({}, []), _sentence({}, [], rule="bad")])
    assert first.passed and not second.passed
    assert second.error is not None and "nothing" in second.error.en


def _unusual(**more: Any) -> Rule:
    return rule(
        "unusual", UNUSUAL, tables=("pass", "baseline_pass"),
        window=span("8h"),
        baseline=Baseline("pass", ("site",), "happened_at", "weight", span("1h"), 14), **more,
    )  # fmt: skip


def _history(today: float) -> dict[str, Any]:
    """Passes at half past ten on each of ten days, on rest days three times as many; one today."""
    rows = []
    for back in range(1, 11):
        at = START + timedelta(minutes=30) - timedelta(days=back)
        usual = 10 + back % 3
        weight = usual if DAYS.is_working(at.date()) else 100
        rows.append({"id": back, "site": "a", "happened_at": at.isoformat(), "weight": weight})
    rows.append({"id": 99, "site": "a", "happened_at": minutes(-5).isoformat(), "weight": today})
    return {"pass": rows}


def test_a_baseline_by_slot_and_kind_of_day() -> None:
    usual, high = _told(
        _unusual(),
        sentences=[
            _sentence(_history(13), [{"site": "a", "median": 11, "mad": 1, "level": "none"}],
                      rule="unusual"),
            _sentence(_history(40), [{"site": "a", "median": 11, "level": "orange"}],
                      rule="unusual"),
        ],
    )  # fmt: skip
    assert usual.passed, usual
    assert high.passed, high


def test_a_baseline_that_is_given() -> None:
    given = {
        **_history(40),
        "baseline_pass": [
            {"site": "a", "day_kind": "workday", "slot": 10, "median": 50.0, "mad": 1.0, "n": 9}
        ],
    }
    (result,) = _told(_unusual(), sentences=[_sentence(given, [], rule="unusual")])
    assert result.passed, result


def test_simulation_of_states() -> None:
    lake = Lake()
    lake.sites(a=10, b=75, c=95, d=None)
    changed = pack(rule(), parameters={"limit": limit(("2020-01-01", None, 5))})
    made = simulate_rule(pack(rule()), changed, "high", lake, DAYS, now=START)
    assert [(each.subject, each.before, each.after) for each in made.shifts] == [
        ('["a"]', Level.NONE, Level.YELLOW)
    ]
    assert made.shifts[0].row["threshold"] == 5
    assert made.before == {"none": 1, "yellow": 1, "red": 1, "unknown": 1}


def test_simulation_of_events_and_of_a_new_rule() -> None:
    lake = Lake()
    lake.put("pass", [
        {"id": 1, "site": "a", "happened_at": START - timedelta(days=20), "weight": 20},
        {"id": 2, "site": "b", "happened_at": START - timedelta(days=2), "weight": 9},
        {"id": 3, "site": "c", "happened_at": START - timedelta(days=40), "weight": 99},
    ])  # fmt: skip
    present = pack(rule("passed", PASSED, RuleKind.EVENT))
    changed = pack(rule("passed", PASSED.replace("> 10", "> 5"), RuleKind.EVENT))
    made = simulate_rule(present, changed, "passed", lake, DAYS, now=START)
    assert [(each.subject, each.after) for each in made.shifts] == [('["b"]', Level.ORANGE)]
    new = simulate_rule(pack(), changed, "passed", lake, DAYS, now=START, days=60, most=2)
    assert (new.total, new.raised, len(new.shifts), new.before) == (3, 3, 2, {})


def _at(minutes_later: float) -> str:
    return (START + timedelta(minutes=minutes_later)).isoformat()


def _moment(later: float, expect: list[dict[str, object]], **given: Any) -> Moment:
    return Moment(_at(later), given, expect)


RED = [{"site": "a", "value": 75}]
CALM = [{"site": "a", "value": 10}]
OPEN: list[dict[str, object]] = [{"site": "a", "level": "yellow"}]


def test_moments_tell_what_is_open_by_hold_and_clear_hold() -> None:
    held = replace(rule(), hold=span("10m"), clear_hold=span("5m"))
    course = _sentence(
        {"site": RED},
        [],
        then=(
            _moment(9, []),
            _moment(10, OPEN),
            _moment(12, OPEN, site=CALM),
            _moment(16, OPEN),
            _moment(17, []),
            _moment(18, [], site=RED),
        ),
    )
    (result,) = _told(held, sentences=[course])
    assert result.passed, (result.at, result.missing, result.besides)
    for wrong, at in ((_moment(9, OPEN), 9), (_moment(9, [{"site": "a", "level": "red"}]), 9)):
        (result,) = _told(held, sentences=[replace(course, then=(wrong, *course.then[1:]))])
        assert not result.passed and result.at == _at(at) and result.missing == (wrong.expect[0],)


def test_what_is_not_known_keeps_what_is_open() -> None:
    course = _sentence({"site": RED}, OPEN, then=(_moment(1, OPEN, site=[{"site": "a"}]),))
    (result,) = _told(rule(), sentences=[course])
    assert result.passed, (result.at, result.missing, result.besides)


def test_events_are_counted_over_moments_and_none_twice() -> None:
    passing = replace(rule("heavy", PASSED), kind=RuleKind.EVENT, occurred_at="happened_at")
    often = replace(passing, often=Often(2, span("30m")))
    one = {"site": "a", "happened_at": _at(-20), "weight": 90}
    two = {"site": "a", "happened_at": _at(-1), "weight": 90}
    course = _sentence(
        {"pass": [one]}, [], rule="heavy",
        then=(_moment(1, [], **{"pass": [one]}), _moment(2, [{"site": "a"}], **{"pass": [one, two]})),
    )  # fmt: skip
    (result,) = _told(often, sentences=[course])
    assert result.passed, (result.at, result.missing, result.besides, result.error)

"""What the gate refuses, with the line and what to do about it, in both languages."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Fault, Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.gate import admit, admit_condition
from gate_corpus import VALUES, Case, cases, tables

TABLES = tables()
CASES = list(cases("refused"))


def refused(sql: str) -> list[Fault]:
    """What is told of a statement that is not admitted."""
    faults = Faults()
    found = admit(
        sql, tables=TABLES, parameters=VALUES.keys(), place=lambda line: f"r.sql:{line}", faults=faults
    )  # fmt: skip
    assert (found is None) == bool(faults.found)
    return faults.found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused_with_line_and_mend(case: Case) -> None:
    told = refused(case.sql)
    assert case.told
    for line, text in case.told:
        assert any(
            each.where == f"r.sql:{line}" and text in each.what.en for each in told
        ), [each.line() for each in told]  # fmt: skip
    for each in told:
        assert each.what.zh and each.mend.zh and each.mend.en
        assert each.what.zh != each.what.en


@pytest.mark.parametrize(
    "letter", ["\u200b", "\u202e", "\u2066", "\ufeff", "\x00", "\x1b", "\u00ad"]
)
@pytest.mark.parametrize(
    "sql", ["select name{} from worker", "select 'a{}' as b", "select 1 as a -- {}"]
)
def test_letters_that_cannot_be_seen(sql: str, letter: str) -> None:
    told = refused(sql.format(letter))
    assert any(f"U+{ord(letter):04X}" in each.what.en for each in told)


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 100 + "1" + ")" * 100 + " as a",
        "select " + "(" * 5000 + "1" + ")" * 5000 + " as a",
        "select " + "- " * 3000 + "1 as a",
        "select " + "not " * 3000 + "true as a",
        "select " + "~" * 1000 + "1 as a",
        "select 1 as a where " + " and ".join(["true"] * 2000),
        "select " + " + ".join(["1"] * 2000) + " as a",
        "select " + " || ".join(["'a'"] * 2000) + " as a",
        " union all ".join(["select 1 as a"] * 300),
        "select 1 as a from " + "(select 1 as a from " * 61 + "worker" + ")" * 61,
        "select " + "(select " * 40 + "1" + ")" * 40 + " as a",
        "select " + "case when true then " * 55 + "1" + " end" * 55 + " as a",
        "select name from worker where name in (" + ",".join(["'a'"] * 4000) + ")",
        "select " + ", ".join(f"1 as a{at}" for at in range(600)) + " from worker",
        "select 1 as a from worker " + " ".join(f"cross join site s{at}" for at in range(20)),
        "select 'x" + "a" * 30_000 + "' as a",
        "select " + "a." * 500 + "b as c from worker",
        "select " + "[" * 200 + "1" + "]" * 200 + " as a",
        "select name" + "[1]" * 500 + " as a from worker",
        "select a" + "::int" * 1000 + " as a from (select 1 as a) x",
        "with " + ", ".join(f"c{at} as (select name from worker)" for at in range(80))
        + " select name from c1",
        "/*" * 3000 + " select 1 as a",
        "select " + "coalesce(" * 300 + "1" + ", 2)" * 300 + " as a",
        "select name from worker where " + "exists (select 1 where " * 58 + "true" + ")" * 58,
        "select " + "1 in (" * 61 + "1" + ")" * 61 + " as a",
        "select 1 as a where true" + " is null" * 3000,
        "select 1" + "0" * 10_000 + " as a limit 1" + "0" * 5000,
    ],
    ids=lambda sql: sql[:30],
)  # fmt: skip
def test_bombs_are_refused_before_they_cost_anything(sql: str) -> None:
    assert refused(sql)


def test_a_condition_is_over_its_columns_only() -> None:
    columns = {"level": Kind.STRING, "value": Kind.NUMBER, "day": Kind.DATE}

    def told(condition: str) -> tuple[str | None, list[str]]:
        faults = Faults()
        found = admit_condition(
            condition, columns=columns, parameters={"least"}, where="r.sql:4", faults=faults
        )  # fmt: skip
        assert all(each.where == "r.sql:4" for each in faults.found)
        return found, [each.what.en for each in faults.found]

    assert told("level <> 'none' and value > $least") == ("level <> 'none' AND value > $least", [])
    assert told("VALUE between 1 and 2 -- so") == ("value BETWEEN 1 AND 2", [])
    for wrong, text in [
        ("name = 'a'", "there is no column name"),
        ("value > (select max(value) from found)", "no query in it"),
        ("exists (select 1)", "no query in it"),
        ("select 1", "no query in it"),
        ("value > 1; drop table found", "exactly one statement"),
        ("1 = 1) or (1 = 1", "cannot be parsed"),
        ("value > $other", "$other is no known parameter"),
        ("getenv('HOME') = 'x'", "the function getenv is not listed"),
        ("drop table found", "is not allowed"),
        ("", "exactly one statement"),
    ]:
        found, why = told(wrong)
        assert found is None
        assert any(text in each for each in why), (wrong, why)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = [
        each.what.en
        for each in refused("select nosuch, frobnicate(name) as b,\n $nothing as c from worker")
    ]
    assert len(told) == 3
    for words in ("nosuch", "the function frobnicate is not listed", "$nothing is no known"):
        assert any(words in each for each in told), told

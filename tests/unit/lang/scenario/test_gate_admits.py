"""Plain analytical SQL of rule authors passes the gate, and says the same when written anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.scenario.second_look import look
from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.gate import admit
from gate_corpus import VALUES, Case, cases, rows, tables

TABLES = tables()
CASES = list(cases("admitted"))
_AT = re.compile(r'(?<![\w"])at(?!\w| time zone)')  # which the engine wants quoted
_ENGINE_KINDS = {
    Kind.STRING: ("VARCHAR",), Kind.BOOLEAN: ("BOOLEAN",), Kind.DATE: ("DATE",),
    Kind.TIMESTAMP: ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    Kind.INTEGER: ("BIGINT", "INTEGER", "HUGEINT", "UBIGINT"),
    Kind.NUMBER: ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT"),
}  # fmt: skip


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckConnection]:
    """An engine that holds the corpus's tables."""
    opened = open_duck(threads=1, alone=True)
    for name, columns in TABLES.items():
        opened.register("given", rows(name, columns))
        opened.execute(f'create table "{name}" as select * from given')
        opened.unregister("given")
    yield opened
    opened.close()


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 150
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_admitted_and_the_same_when_written_anew(duck: DuckConnection, case: Case) -> None:
    faults = Faults()
    admitted = admit(
        case.sql, tables=TABLES, parameters=VALUES.keys(), place=str, faults=faults
    )  # fmt: skip
    assert admitted is not None, [fault.line() for fault in faults.found]
    named = look(duck, admitted.query, admitted.tables)
    assert named == set(admitted.parameters)
    given = {name: VALUES[name] for name in named}
    asked = answered(duck, _AT.sub('"at"', case.sql), given)
    anew = answered(duck, admitted.query, given)
    assert anew[0] == list(admitted.columns) == [name.lower() for name in asked[0]]
    assert anew[1] == asked[1]
    assert again(admitted.query) == admitted.query
    for name, kind in admitted.columns.items():
        if kind is not None:
            assert anew[2][name] in _ENGINE_KINDS[kind] or "DECIMAL" in anew[2][name], name


def again(query: str) -> str:
    """What is written anew passes as it is."""
    found = admit(query, tables=TABLES, parameters=VALUES.keys(), place=str, faults=Faults())
    assert found is not None
    return found.query


def answered(
    duck: DuckConnection, sql: str, given: dict[str, Any]
) -> tuple[list[str], list[str], dict[str, str]]:
    """Names, rows in any order, and types."""
    result = duck.execute(sql, given) if given else duck.execute(sql)
    told = result.description or []
    kinds = {str(each[0]): str(each[1]) for each in told}
    return [str(each[0]) for each in told], sorted(map(repr, result.fetchall())), kinds

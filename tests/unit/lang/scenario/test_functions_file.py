"""What may stand in a pack's Python, and what SQL may call of it."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import Function, Functions
from duokua.lang.scenario.functions_file import read_functions
from duokua.lang.scenario.gate import admit

SCIENCE = """\
\"\"\"A formula.\"\"\"
from __future__ import annotations

import math
from datetime import date, timedelta
from statistics import median

LIMIT = 3.0


def hazard(score: float, days: int) -> float:
    return math.exp(-score) * _scale(days)


def _scale(days: int) -> float:
    return min(float(days), LIMIT)


def due_on(day: date, years: int) -> date | None:
    return day + timedelta(days=365 * years) if years > 0 else None


def word(name: str, up: bool) -> str:
    parts = [each.strip() for each in name.split(",") if each]
    return " ".join(parts).upper() if up else f"{median([1, 2])}"
"""
BODIES = (
    "import os", "import math as m", "from os import path", "from datetime import sys",
    "from . import x", "class A:\n    pass", "print(1)",
    "def f(x: int) -> int:\n    return x.__class__",
    "def f(x: int) -> int:\n    return __import__('os')",
    "def f(x: int) -> int:\n    import os\n    return 1",
    "def f(x: int) -> int:\n    return math._x",
    "@cache\ndef f(x: int) -> int:\n    return x", "def f(*x: int) -> int:\n    return 1",
    "def f(x: int = 1) -> int:\n    return x", "def f(x: int) -> int:\n    return (lambda: x)()",
    "def f(x: str) -> str:\n    return x.format(x)", "async def f(x: int) -> int:\n    return x",
    "def f(x: int) -> int:\n    while True:\n        pass", "def f(x: int) -> int:\n    yield x",
    "def f(x: int) -> int:\n    with x:\n        return 1",
    "def f(x: int) -> int:\n    global y\n    return 1",
    "def f(x: int) -> int:\n    try:\n        return 1\n    finally:\n        return 2",
    "def f(x: int) -> int:\n    return (y := x)", "def f(x) -> int:\n    return x",
    "def f(x: int):\n    return x", "def f() -> int:\n    return 1",
    "def f(x: list) -> int:\n    return 1", "def round(x: float) -> float:\n    return x",
    "def Upper(x: str) -> str:\n    return x", "def mad(x: float) -> float:\n    return x",
    "x = open('/etc/passwd')", "def f(x: int) -> int:\n    return isinstance(x, int)",
    "def f(x: int) -> int:\n    break", "X = Y",
    "def f(x: int) -> int:\n    del x\n    return 1", "def f(:",
)  # fmt: skip


def read(text: str) -> tuple[Functions, list[str]]:
    faults = Faults()
    return read_functions(text, faults), [each.where or "" for each in faults.found]


def test_typed_functions_are_what_sql_may_call() -> None:
    found, wrong = read(SCIENCE)
    assert wrong == []
    assert list(found.by_name.values()) == [
        Function("hazard", (Kind.NUMBER, Kind.INTEGER), Kind.NUMBER, 11),
        Function("due_on", (Kind.DATE, Kind.INTEGER), Kind.DATE, 19),
        Function("word", (Kind.STRING, Kind.BOOLEAN), Kind.STRING, 23),
    ]


@pytest.mark.parametrize("text", BODIES)
def test_whatever_reaches_further_is_refused_with_its_line(text: str) -> None:
    wrong = read(text)[1]
    assert wrong and all(each.startswith("functions.py:") for each in wrong)


def test_the_gate_lets_through_what_the_pack_has_and_nothing_else() -> None:
    known = read(SCIENCE)[0].by_name
    tables = {"site": {"score": Kind.NUMBER, "days": Kind.INTEGER}}

    def told(sql: str) -> tuple[object, list[str]]:
        faults = Faults()
        made = admit(sql, tables=tables, parameters=(), place=str, faults=faults, functions=known)
        return (made.columns if made else None), [each.what.en for each in faults.found]

    assert told("select hazard(score, days) as h from site") == ({"h": Kind.NUMBER}, [])
    assert told("select HAZARD(score, days) as h from site")[1] == []
    assert told("select hazard(score) as h from site")[1] == ["hazard takes 2 arguments"]
    assert told("select _scale(days) as h from site")[0] is None
    assert told("select danger(score) as h from site")[0] is None

"""Functions of a pack in the limited worker: what they give, and what even hostile code cannot do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from duokua.engine.scenario.confine import can_confine
from duokua.engine.scenario.session import DEADLINE_S, Session
from duokua.kernel.errors import Invalid, NotAllowed, Unavailable
from duokua.kernel.text import Text
from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import Function

pytestmark = pytest.mark.skipif(
    not can_confine(), reason="no Landlock in this system: functions of packs do not run on it"
)
WHOLE, NUMBER, TEXT = Kind.INTEGER, Kind.NUMBER, Kind.STRING
SCIENCE = """
import math
from datetime import date, datetime, timedelta

def hazard(score: float, days: int) -> float:
    return math.exp(-score) * days

def later(day: date, n: int) -> date | None:
    return day + timedelta(days=n) if n > 0 else None

def hour_of(when: datetime) -> int:
    return when.hour

def odd(score: float) -> float:
    return score * 1e308 * 10
"""
TOLD = (
    Function("hazard", (NUMBER, WHOLE), NUMBER),
    Function("later", (Kind.DATE, WHOLE), Kind.DATE),
    Function("hour_of", (Kind.TIMESTAMP,), WHOLE),
    Function("odd", (NUMBER,), NUMBER),
)
# How code gets from any value to the whole of Python: what is listed for readers stops no attacker.
ESCAPE = """
def reach(what: str) -> str:
    every = ().__class__.__mro__[1].__subclasses__()
    space = [each for each in every if each.__name__ == "_wrap_close"][0].__init__.__globals__
    real = space["__builtins__"]
    try:
        {deed}
    except real["OSError"] as error:
        return "refused"
    return "done"
"""


@contextmanager
def knowing(source: str, *functions: Function, deadline_s: float = DEADLINE_S) -> Iterator[Session]:
    with Session(frank=True, deadline_s=deadline_s) as session:
        session.define(source, functions)
        session.load("t", pa.table({"s": [1.0, None], "n": [2, 3], "d": [date(2026, 5, 6)] * 2}))
        yield session


def test_they_are_called_by_sql_and_missing_input_gives_missing_output() -> None:
    when = datetime(2026, 5, 6, 7, tzinfo=UTC)
    asked = "select hazard(0 * s, n) h, later(d, n - 2) l, hour_of($w) w, odd(s) o from t"
    with knowing(SCIENCE, *TOLD) as session:
        rows = session.run(asked, {"w": when}).to_pylist()
    assert rows == [
        {"h": 2.0, "l": None, "w": 7, "o": None},
        {"h": None, "l": date(2026, 5, 7), "w": 7, "o": None},
    ]


def test_what_they_fail_at_fails_the_query_only() -> None:
    source = "def part(n: int) -> int:\n    return 1 // (n - 2)"
    with knowing(source, Function("part", (WHOLE,), WHOLE)) as session:
        with pytest.raises(Invalid):
            session.run("select part(n) p from t")
        assert session.run("select part(n) p from t where n = 3").to_pylist() == [{"p": 1}]


def test_a_text_without_end_is_an_error_and_not_cut() -> None:
    source = "def long(n: int) -> str:\n    return 'x' * 10_000 * n"
    with knowing(source, Function("long", (WHOLE,), TEXT)) as session, pytest.raises(Invalid):
        session.run("select long(n) l from t")


def test_a_name_of_the_engine_is_not_taken_over() -> None:
    source = "def upper(s: str) -> str:\n    return s"
    with Session() as session, pytest.raises(Invalid) as refused:
        session.define(source, [Function("upper", (TEXT,), TEXT)])
    assert "upper is a function of the engine" in refused.value.what.en


def test_what_was_not_told_cannot_be_called() -> None:
    with knowing(SCIENCE, TOLD[0]) as session, pytest.raises(Invalid):
        session.run("select later(d, 1) l from t")
    with Session() as session:
        session.withhold(["hazard"], NotAllowed(Text("不", "no"), Text("不", "no")))
        for _ in range(2):
            with pytest.raises(NotAllowed):
                session.run("select hazard(1.0, 2) h")
        with pytest.raises(Invalid):
            session.run("select danger(1.0, 2) h")


@pytest.mark.slow
def test_who_never_ends_is_ended() -> None:
    source = "def stay(n: int) -> int:\n    while True:\n        n = n + 1"
    with knowing(source, Function("stay", (WHOLE,), WHOLE), deadline_s=4.0) as session:
        with pytest.raises(Unavailable):
            session.run("select stay(n) n from t")
        assert not session.alive


def reach(deed: str, what: str) -> str:
    """Return what hostile code got, as it says itself."""
    with knowing(ESCAPE.format(deed=deed), Function("reach", (TEXT,), TEXT)) as session:
        (row,) = session.run("select reach($what) r", {"what": what}).to_pylist()
    return str(row["r"])


@pytest.mark.parametrize(
    "deed",
    [
        'space["open"](what, space["O_RDONLY"])',
        'space["listdir"](what)',
        'space["unlink"](what)',
        'space["open"](what + "2", space["O_CREAT"] | space["O_WRONLY"])',
        'space["rename"](what, what + "3")',
        'space["symlink"]("/etc", what + "4")',
        'space["execv"]("/bin/true", ["/bin/true"])',
    ],
)
def test_hostile_code_reaches_no_file(deed: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("it")
    place = str(tmp_path) if "listdir" in deed else str(secret)
    assert reach(deed, place) == "refused"
    assert {each.name for each in tmp_path.iterdir()} == {"secret"}


@pytest.mark.parametrize("what", ["/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/root"])
def test_hostile_code_reaches_nothing_of_the_system(what: str) -> None:
    assert reach('space["open"](what, space["O_RDONLY"])', what) == "refused"


def test_hostile_code_reaches_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        deed = f'real["__import__"]("socket").create_connection(("127.0.0.1", {port}), 2)'
        assert reach(deed, "") == "refused"


def test_hostile_code_reaches_no_socket_with_a_path(tmp_path: Path) -> None:
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(0.1)
        deed = f'real["__import__"]("socket").socket(1).connect("{path}")'
        assert reach(deed, "") == "refused"
        with pytest.raises(TimeoutError):
            server.accept()


def test_hostile_code_kills_nobody_outside() -> None:
    assert reach('space["kill"](space["getppid"](), 0)', "") == "refused"

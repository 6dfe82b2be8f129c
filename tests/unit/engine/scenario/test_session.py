"""The limited worker: what it is given, what it answers, what it does not do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from duokua.engine.scenario.session import Session
from duokua.kernel.errors import Invalid, Unavailable

SITES = pa.table({"site": ["a", "b", "c"], "value": [1.0, 2.0, None]})


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session that tests share; each loads what it needs."""
    with Session() as opened:
        yield opened


def test_what_was_loaded_is_asked(session: Session) -> None:
    session.load("site", SITES)
    found = session.run("select site, value * $k as v from site order by site", {"k": 2, "no": 1})
    assert found.to_pylist() == [
        {"site": "a", "v": 2.0}, {"site": "b", "v": 4.0}, {"site": "c", "v": None},
    ]  # fmt: skip


def test_instants_and_days_keep_their_kind(session: Session) -> None:
    until = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
    told = session.run(
        "select $until as u, $today as d", {"until": until, "today": date(2026, 5, 6)}
    )
    assert told.to_pylist() == [{"u": until, "d": date(2026, 5, 6)}]
    assert str(told.schema.field("u").type) == "timestamp[us, tz=UTC]"


def test_patch_is_an_upsert_by_key(session: Session) -> None:
    session.load("site", SITES)
    fresh = pa.table({"value": [9.0, 4.0], "site": ["b", "d"]})
    session.patch("site", fresh, ["site"], pa.table({"site": ["a"]}))
    session.patch("site", fresh.slice(0, 0), ["site"], pa.table({"site": ["x"]}))
    found = session.run("select site, value from site order by 1").to_pylist()
    assert [(row["site"], row["value"]) for row in found] == [("b", 9.0), ("c", None), ("d", 4.0)]


def test_derived_tables_and_dropping(session: Session) -> None:
    session.load("site", SITES)
    session.derive("high", "select site from site where value > $least", {"least": 1.5})
    assert session.run("select site from high").to_pylist() == [{"site": "b"}]
    session.drop("high")
    with pytest.raises(Invalid):
        session.run("select site from high")


@pytest.mark.parametrize(
    "text",
    [
        "select 1; select 2",
        "create table mine (a integer)",
        "drop table site",
        "insert into site values ('z', 1)",
        "set threads = 1",
        "attach '/tmp/other.db' as other",
        "copy (select 1) to '/tmp/out.csv'",
        "install httpfs",
        "load httpfs",
        "pragma version",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/proc/self/environ')",
        "select * from '/etc/passwd'",
        "select * from glob('/etc/*')",
        "select getenv('PATH')",
        "",
        "select",
    ],
)
def test_nothing_but_one_query_over_what_was_loaded(session: Session, text: str) -> None:
    session.load("site", SITES)
    with pytest.raises(Invalid):
        session.run(text)
    assert session.run("select count(*) as n from site").to_pylist() == [{"n": 3}]


def test_too_many_rows_are_refused(session: Session) -> None:
    with pytest.raises(Invalid):
        session.run("select * from range(100000)", most=10)


def test_what_the_engine_takes_a_text_for(session: Session) -> None:
    assert session.extracted("select $a, $b; drop table x") == [
        ("SELECT", ("a", "b")),
        ("DROP", ()),
    ]


def test_killed_at_its_deadline() -> None:
    with Session(deadline_s=0.5) as session:
        with pytest.raises(Unavailable):
            session.run("select count(*) from range(100000000000) a, range(1000) b")
        assert not session.alive
        with pytest.raises(Unavailable):
            session.run("select 1")


def test_memory_has_an_end() -> None:
    with Session(memory_mb=64) as session, pytest.raises(Unavailable):
        session.run("select array_agg(r order by r % 7919) as l from range(50000000) t(r)")


def test_an_empty_environment(session: Session) -> None:
    pid = session._worker.pid
    told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert {each.partition(b"=")[0] for each in told if each} <= {
        b"PYTHONPATH",
        b"LC_ALL",
        b"LC_CTYPE",
    }
    limits = Path(f"/proc/{pid}/limits").read_text()
    line = next(each for each in limits.splitlines() if each.startswith("Max file size"))
    assert line.split()[3:5] == ["0", "0"]


def test_an_error_quotes_no_value() -> None:
    rows = pa.table({"phone": ["13800001111"]})
    for frank in (False, True):
        with Session(frank=frank) as session:
            session.load("person", rows)
            with pytest.raises(Invalid) as raised:
                session.run("select cast(phone || 'x' as integer) as n from person")
            assert ("13800001111" in raised.value.what.en) is frank
            with pytest.raises(Invalid, match="nothing"):
                session.run("select nothing from person")

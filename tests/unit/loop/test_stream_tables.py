"""Of a stream a session keeps what rules look back to: recent rows, or the newest of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from duokua.engine.scenario.session import Session
from duokua.lang.scenario.manifest import Consumed
from duokua.loop.actions.evaluation.tables import Tables
from rule_world import START, Lake, minutes, pack, rule

LOOK = "select site, count(*) as n, max(happened_at) as at from pass group by site order by site"


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as made:
        yield made


def passes(*told: tuple[str, float]) -> list[dict[str, Any]]:
    """Return passes of sites, so many minutes after the start."""
    return [
        {"id": n, "site": site, "happened_at": minutes(at)} for n, (site, at) in enumerate(told)
    ]


def look(session: Session, lake: Lake, consumed: Consumed, *told: list[dict[str, Any]]) -> Any:
    """Return what the session holds after each of several versions."""
    tables = Tables(pack(rule(), consumes=(consumed,)), session)
    found = []
    for rows in told:
        lake.put("pass", rows, max((row["happened_at"] for row in rows), default=START))
        tables.refresh(["pass"], lake, {}, whole=False)
        found.append([(r["site"], r["n"]) for r in session.run(LOOK).to_pylist()])
    return found


def test_only_the_newest_of_each_is_kept(session: Session) -> None:
    one, two = passes(("a", 0), ("a", 2), ("b", 1)), passes(("a", 0), ("a", 2), ("b", 1), ("b", 3))
    late = [*two, {"id": 9, "site": "a", "happened_at": minutes(1)}]
    consumed = Consumed("pass", "pass", (), newest=("site",), by="happened_at")
    assert look(session, Lake(), consumed, one, two, late) == [[("a", 1), ("b", 1)]] * 3
    rows = session.run("select site, happened_at from pass order by site").to_pylist()
    assert [row["happened_at"] for row in rows] == [minutes(2), minutes(3)]


def test_only_recent_rows_are_kept_and_not_cut_each_time(session: Session) -> None:
    first = [("a", float(at)) for at in range(21)]
    second = [*first, ("a", 20.5)]
    third = [*second, *(("a", float(at)) for at in range(21, 26))]
    consumed = Consumed("pass", "pass", (), recent=600, by="happened_at")
    found = look(session, Lake(), consumed, passes(*first), passes(*second), passes(*third))
    assert [n for ((_, n),) in found] == [11, 12, 12]  # cut; half a minute later not; cut again


def test_without_either_everything_is_kept(session: Session) -> None:
    consumed = Consumed("pass", "pass", ())
    assert look(session, Lake(), consumed, passes(("a", 0), ("a", 90))) == [[("a", 2)]]

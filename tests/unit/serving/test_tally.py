"""Counting in memory and writing down: whatever fails in between, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.gateway.metering import Metering
from duokua.serving import usage
from duokua.serving.tally import BOUNDS_MS, Caller, Tallies, Tally, Timed
from duokua.serving.usage_store import UsageStore

EVER = usage.Within(date(1970, 1, 1), date(2100, 1, 1))
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("serve"), st.integers(0, 2), st.integers(0, 50)),
        st.tuples(st.just("took"), st.integers(0, 2), st.integers(0, 30_000)),
        st.tuples(st.just("refuse"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("write"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("fail"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


def caller(number: int) -> Caller:
    return Caller(f"interface_{number}", f"grant_{number}", "app", "dept")


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_what_is_written_is_what_was_counted(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("usage") / "usage.sqlite3"
    store, tallies = UsageStore(path), Tallies()
    mine = {n: tallies._tallies.setdefault(caller(n), Tally()) for n in range(3)}
    served: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    timed: Counter[str] = Counter()
    for act, number, value in [*acts, ("write", 0, 0)]:
        name = f"interface_{number}"
        if act == "serve":
            mine[number].served(value, value * 10)
            served += Counter({name: 1, f"{name}/rows": value})
        elif act == "took":
            mine[number].took(value / 1000)
            timed[name] += 1
        elif act == "refuse":
            tallies.refuse(caller(number), "quota_exhausted")
            refused[name] += 1
        elif act == "fail":
            tallies.keep(tallies.harvest(0.0))
        else:
            store.add(tallies.harvest(86_400.0 * number))
    store.close()
    found: Counter[str] = Counter()
    for row in usage.served(path, EVER):
        found += Counter({row.interface: row.calls, f"{row.interface}/rows": row.rows})
        assert row.bytes == row.rows * 10
    assert found == +served
    assert {r.interface: r.calls for r in usage.refused(path, EVER)} == dict(refused)
    histograms = usage.latency(path, EVER)
    assert {key[0]: each.timed for key, each in histograms.items()} == dict(timed)


def test_an_answer_is_timed_once_its_receipt_is_durable() -> None:
    class Durable:
        def __await__(self) -> Generator[Any, None, None]:
            yield from asyncio.sleep(0).__await__()

    async def awaited(what: Timed) -> None:
        await what

    tally = Tally()
    asyncio.run(awaited(Timed(Durable(), tally, 0.0)))
    assert tally.timed == sum(tally.latency) == 1
    tally.took(-5.0)  # a clock that was set back
    assert (tally.latency[0], len(tally.latency)) == (1, len(BOUNDS_MS) + 1)


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    tallies = Tallies()
    tallies.key_used("app", "k1")
    tallies.refuse(Caller(), "token_invalid")
    blocked = tmp_path / "ledger"
    blocked.write_text("no folder")
    metering = Metering(tallies, blocked / "usage.sqlite3")
    asyncio.run(metering.write())
    blocked.unlink()
    asyncio.run(metering.write())
    metering.close()
    assert [r.calls for r in usage.refused(blocked / "usage.sqlite3", EVER)] == [1]
    assert usage.key_last_used(blocked / "usage.sqlite3", "app", "k1") is not None
    assert usage.key_last_used(tmp_path / "none", "app", "k1") is None

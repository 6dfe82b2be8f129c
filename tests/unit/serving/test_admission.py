"""What the serving refuses before it looks at any row: real ledger, real index, no web server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from duokua.kernel.errors import Unavailable
from duokua.lang.grant import Quota
from duokua.ledger.commit import GroupCommit, LedgerFailed
from duokua.serving import service, tokens
from duokua.serving.keys import token_key
from duokua.serving.policy import LEASE_S, Change, PolicyStore
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.service import Serving
from duokua.serving.state import State
from gateway import district
from gateway.world import Home

Test = Callable[[Serving, Seat], Awaitable[None]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.serve(district.page(), district.contract(), district.rows(20))
    return home


def _run(home: Home, test: Test, quota: Quota | None = None) -> None:
    grant = home.grant(district.page(), quota=quota or Quota())
    key = token_key(home.settings.secret())

    async def main() -> None:
        ledger = await GroupCommit.open(
            home.settings.ledger / "receipts",
            name="receipts",
            algorithm="sm3",
            anchor=home.settings.anchor,
        )
        serving = Serving(home.settings, ledger)
        serving.start()
        serving.poll("test")
        now = time.time()
        token = tokens.issue(key, client=grant.client, purpose=grant.purpose, now=now)
        try:
            await test(serving, serving.seat(token, "residents", now))
        finally:
            await ledger.close()

    asyncio.run(main())


def _refused(serving: Serving, seat: Seat, query: str = "limit=1") -> Refusal:
    with pytest.raises(Refusal) as told:
        serving.call(seat, query, None, time.time())
    return told.value


@pytest.mark.slow
def test_too_many_waiting_receipts_are_not_joined_by_more(home: Home) -> None:
    async def test(serving: Serving, seat: Seat) -> None:
        os.kill(serving.ledger.writer_pid, signal.SIGSTOP)
        answers = []
        try:
            for _ in range(service.MAX_PENDING):
                serving.poll("test")  # what the loop does meanwhile
                answers.append(serving.call(seat, "limit=1", None, time.time()))
            refusal = _refused(serving, seat)
            assert (refusal.code, refusal.status, refusal.retry_after) == ("overloaded", 503, 1)
        finally:
            os.kill(serving.ledger.writer_pid, signal.SIGCONT)
        for answer in answers:
            await answer.durable
        assert serving.ledger.durable == service.MAX_PENDING
        serving.call(seat, "limit=1", None, time.time())

    _run(home, test, Quota(calls_total=service.MAX_PENDING + 1))


def test_without_a_ledger_nothing_is_answered(home: Home) -> None:
    async def test(serving: Serving, seat: Seat) -> None:
        os.kill(serving.ledger.writer_pid, signal.SIGKILL)
        with pytest.raises(LedgerFailed):
            while True:
                await serving.ledger.append(b'{"seq":%d}' % serving.ledger.next_seq)
        refusal = _refused(serving, seat)
        assert (refusal.code, refusal.values["part"]) == ("unavailable", "ledger")

    _run(home, test)


def test_without_a_lease_nothing_is_answered(home: Home) -> None:
    async def test(serving: Serving, seat: Seat) -> None:
        serving.gate.lease_until -= LEASE_S
        refusal = _refused(serving, seat)
        assert (refusal.code, refusal.values["part"]) == ("unavailable", "policy")
        serving.poll("test")
        serving.call(seat, "limit=1", None, time.time())

    _run(home, test)


def test_a_refused_export_costs_nothing(home: Home) -> None:
    """Whether the line was full, or the statement failed before the first byte."""

    def full() -> None:
        raise Refusal("overloaded", retry_after=2)

    async def test(serving: Serving, seat: Seat) -> None:
        free = serving.admit_bulk
        serving.admit_bulk = full
        for _ in range(3):
            assert _refused(serving, seat, "limit=all&format=csv").code == "overloaded"
        assert serving.ledger.next_seq == 1, "a refusal needs no receipt"
        serving.admit_bulk = free
        for _ in range(3):
            now = time.time()
            stream = serving.call(seat, "limit=all&format=csv", None, now)
            await serving.close_stream(stream, None, now, refused=True)  # type: ignore[arg-type]
        assert seat.meter.used(time.time()) == dict.fromkeys(seat.meter.used(time.time()), 0)
        serving.call(seat, "limit=5", None, time.time())
        assert _refused(serving, seat).code == "quota_exhausted"

    _run(home, test, Quota(calls_total=1, rows_total=100))


def test_what_is_revoked_while_a_poll_sleeps_is_waited_for(home: Home) -> None:
    """A gateway that is stopped between looking and extending its lease must not serve on by it.

    Whoever revokes at that moment has to find the lease that this very poll is going to use.
    """

    async def revoked_meanwhile(serving: Serving, seat: Seat) -> None:
        looked = State.refresh
        found: list[float] = []

        def look_and_sleep(state: State) -> bool:
            changed = looked(state)
            if not found:
                other = PolicyStore(home.settings.policy)
                version = other.publish([Change("grant", seat.plan.grant.id, None)])
                with pytest.raises(Unavailable):
                    other.await_confirmation(version, timeout_s=0.0)
                found.append(json.loads((other.leases / "test.json").read_text())["until"])
                other.close()
            return changed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(State, "refresh", look_and_sleep)
            serving.poll("test")
        assert found == [serving.gate.lease_until]

    _run(home, revoked_meanwhile)

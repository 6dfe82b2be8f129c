"""Group commit through a real writer process."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvloop

from duokua.ledger.anchor import read_anchors
from duokua.ledger.append import append_durably
from duokua.ledger.commit import GroupCommit, LedgerFailed
from duokua.ledger.reading import read_records
from duokua.ledger.record import LedgerBroken, LedgerLocked, segment_paths
from duokua.ledger.verify import verify
from ledgers import body

Work = Callable[[GroupCommit], Awaitable[None]]


async def _ledger(folder: Path, **options: object) -> GroupCommit:
    told = {"name": "receipts", "algorithm": "sm3", "anchor": str(folder / "anchors"), **options}
    return await GroupCommit.open(folder / "receipts", **told)  # type: ignore[arg-type]


def _with_ledger(folder: Path, work: Work, *, fast: bool = False) -> None:
    async def run() -> None:
        ledger = await _ledger(folder)
        try:
            await work(ledger)
        finally:
            await ledger.close()

    (uvloop.run if fast else asyncio.run)(run())


async def _append(ledger: GroupCommit, count: int, text: str = "") -> None:
    for _ in range(count):
        await ledger.append(body(ledger.next_seq, text))


@pytest.mark.parametrize("fast", [False, True])
def test_records_of_many_tasks_make_one_chain(tmp_path: Path, fast: bool) -> None:
    async def work(ledger: GroupCommit) -> None:
        await asyncio.gather(*[_append(ledger, 25) for _ in range(40)])
        assert (ledger.next_seq, ledger.durable, ledger.pending) == (1001, 1000, 0)

    _with_ledger(tmp_path, work, fast=fast)
    verdict = verify(tmp_path / "receipts", tmp_path / "anchors")
    assert (verdict.ok, verdict.records, verdict.anchored_to) == (True, 1000, 1000)


def test_it_resolves_only_when_the_record_can_be_read_back(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        for seq in range(1, 20):
            batch = ledger.append(body(seq))
            assert (ledger.pending, batch.done()) == (1, False)
            await batch
            assert list(read_records(tmp_path / "receipts"))[-1] == body(seq)

    _with_ledger(tmp_path, work)


def test_one_turn_of_the_loop_is_one_batch(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        first, second = ledger.append(body(1)), ledger.append(body(2))
        assert first is second
        await first
        assert ledger.append(body(3)) is not first

    _with_ledger(tmp_path, work)


def test_batches_larger_than_the_socket_go_through(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        last = [ledger.append(body(n, "x" * 100_000)) for n in range(1, 101)][-1]
        await last

    _with_ledger(tmp_path, work, fast=True)
    assert verify(tmp_path / "receipts").records == 100


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    for start in (1, 6, 11):

        async def work(ledger: GroupCommit, start: int = start) -> None:
            assert ledger.next_seq == start
            await _append(ledger, 5)

        _with_ledger(tmp_path, work)
    assert verify(tmp_path / "receipts", tmp_path / "anchors").anchored_to == 15


def test_closing_anchors_the_newest_record(tmp_path: Path) -> None:
    _with_ledger(tmp_path, lambda ledger: _append(ledger, 7))
    told = read_anchors(tmp_path / "anchors" / "receipts.anchors")
    assert [anchor.seq for anchor in told] == [7]


def test_closing_flushes_what_nobody_waits_for(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        for n in range(1, 31):
            ledger.append(body(n))

    _with_ledger(tmp_path, work)
    assert verify(tmp_path / "receipts").records == 30


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        with pytest.raises(LedgerLocked, match="another process writes"):
            await _ledger(tmp_path, patience_s=0.0)
        await _append(ledger, 1)

    _with_ledger(tmp_path, work)


def test_signals_to_the_group_do_not_end_the_writer(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        for which in (signal.SIGINT, signal.SIGTERM):
            os.kill(ledger.writer_pid, which)
            await _append(ledger, 3)

    _with_ledger(tmp_path, work)
    assert verify(tmp_path / "receipts").records == 6


def test_the_loss_of_the_writer_fails_every_waiter_for_good(tmp_path: Path) -> None:
    async def run() -> None:
        ledger = await _ledger(tmp_path)
        await _append(ledger, 3)
        os.kill(ledger.writer_pid, signal.SIGSTOP)  # so that the batch is surely under way
        waiters = [asyncio.ensure_future(_append(ledger, 1)) for _ in range(10)]
        await asyncio.sleep(0)
        os.kill(ledger.writer_pid, signal.SIGKILL)
        outcomes = await asyncio.gather(*waiters, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LedgerFailed] * 10
        assert ledger.failed
        with pytest.raises(LedgerFailed):
            await ledger.append(body(ledger.next_seq))
        await ledger.close()

    asyncio.run(run())
    assert verify(tmp_path / "receipts").records == 3


def test_a_body_without_its_number_stops_the_ledger(tmp_path: Path) -> None:
    async def run() -> None:
        ledger = await _ledger(tmp_path)
        with pytest.raises(LedgerFailed):
            await ledger.append(b'{"seq":9,"kind":"note"}')
        assert ledger.failed
        await ledger.close()

    asyncio.run(run())
    assert verify(tmp_path / "receipts").records == 0


def test_a_full_disk_is_a_failure_not_an_answer(tmp_path: Path) -> None:
    async def run() -> None:
        ledger = await _ledger(tmp_path)
        await _append(ledger, 2)
        import resource

        hard = resource.prlimit(ledger.writer_pid, resource.RLIMIT_FSIZE)[1]
        size = segment_paths(tmp_path / "receipts")[0].stat().st_size
        resource.prlimit(ledger.writer_pid, resource.RLIMIT_FSIZE, (size + 50, hard))
        with pytest.raises(LedgerFailed):
            await _append(ledger, 1)
        await ledger.close()

    asyncio.run(run())
    _with_ledger(tmp_path, lambda ledger: _append(ledger, 1))
    assert verify(tmp_path / "receipts").records == 3


def test_cancelling_one_waiter_leaves_the_others_alone(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        tasks = [asyncio.ensure_future(_append(ledger, 1)) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes].count("CancelledError") == 1
        assert ledger.durable == 5

    _with_ledger(tmp_path, work)


def test_each_task_wakes_in_its_own_context(tmp_path: Path) -> None:
    who: contextvars.ContextVar[int] = contextvars.ContextVar("who")

    async def one(ledger: GroupCommit, number: int) -> None:
        who.set(number)
        for _ in range(3):
            await ledger.append(body(ledger.next_seq))
            assert who.get() == number

    async def work(ledger: GroupCommit) -> None:
        await asyncio.gather(*[one(ledger, n) for n in range(20)])
        heard: list[int] = []
        context = contextvars.copy_context()
        context.run(who.set, 77)
        batch = ledger.append(body(ledger.next_seq))
        batch.add_done_callback(lambda _: heard.append(who.get()), context=context)
        await batch
        assert heard == [77]
        batch.add_done_callback(lambda _: heard.append(who.get()), context=context)
        await asyncio.sleep(0)
        assert heard == [77, 77]

    _with_ledger(tmp_path, work)


def test_a_callback_that_raises_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def work(ledger: GroupCommit) -> None:
        told: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["message"]))
        batch = ledger.append(body(1))
        batch.add_done_callback(lambda _: 1 / 0)
        await asyncio.wait_for(batch, 30)
        assert told == ["a ledger callback failed"]

    _with_ledger(tmp_path, work)


def test_a_ledger_cut_behind_its_anchor_refuses_to_open(tmp_path: Path) -> None:
    _with_ledger(tmp_path, lambda ledger: _append(ledger, 9))
    path = segment_paths(tmp_path / "receipts")[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(LedgerBroken, match="anchor at record 9"):
        asyncio.run(_ledger(tmp_path))


def test_the_verifier_may_run_beside_the_writer(tmp_path: Path) -> None:
    async def run() -> None:
        ledger = await _ledger(tmp_path, segment_bytes=20_000)
        appending = [asyncio.ensure_future(_append(ledger, 200)) for _ in range(40)]
        folder, anchors = tmp_path / "receipts", tmp_path / "anchors" / "receipts.anchors"
        checked = 0
        while not all(task.done() for task in appending):
            known = anchors if anchors.exists() else None
            verdict = await asyncio.to_thread(verify, folder, known)
            assert verdict.ok, verdict
            checked += 1
        await asyncio.gather(*appending)
        await ledger.close()
        assert checked > 0 and verify(folder, anchors).anchored_to == 8000

    asyncio.run(run())


def test_the_ledgers_beside_it_are_anchored_too(tmp_path: Path) -> None:
    def note(second: int) -> None:
        append_durably(
            tmp_path / "audit",
            {"kind": "note"},
            name="audit",
            algorithm="sm3",
            anchor=str(tmp_path / "anchors"),
            now=datetime(2026, 11, 1, 4, 0, second, tzinfo=UTC),
        )

    async def run() -> None:
        beside = {"audit": tmp_path / "audit", "absent": tmp_path / "absent"}
        ledger = await _ledger(tmp_path, beside=beside)
        note(0)
        note(1)  # too soon for an anchor of its own
        await ledger.close()

    asyncio.run(run())
    told = read_anchors(tmp_path / "anchors" / "audit.anchors")
    assert [anchor.seq for anchor in told] == [1, 2]
    assert not (tmp_path / "absent").exists()

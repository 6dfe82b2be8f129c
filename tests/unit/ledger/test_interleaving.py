"""Whatever the interleaving of appending tasks: a gapless chain that verifies."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.ledger.commit import GroupCommit
from duokua.ledger.reading import read_records
from duokua.ledger.verify import verify
from ledgers import EFFORT, body

# Each task is a list of steps: 0 appends and waits, 1 appends and does not, n > 1 yields n turns.
PROGRAMS = st.lists(st.lists(st.integers(0, 4), max_size=12), min_size=1, max_size=8)


async def _run(folder: Path, programs: list[list[int]], segment_bytes: int) -> list[bytes]:
    ledger = await GroupCommit.open(
        folder / "receipts",
        name="receipts",
        algorithm="sm3",
        anchor=str(folder),
        segment_bytes=segment_bytes,
    )
    written: list[bytes] = []

    async def task(number: int, steps: list[int]) -> None:
        for place, step in enumerate(steps):
            if step > 1:
                for _ in range(step):
                    await asyncio.sleep(0)
                continue
            written.append(body(ledger.next_seq, f"{number}.{place}"))
            durable = ledger.append(written[-1])
            if step == 0:
                await durable

    await asyncio.gather(*[task(n, steps) for n, steps in enumerate(programs)])
    await ledger.close()
    return written


@pytest.mark.slow
@settings(max_examples=20 * EFFORT, deadline=None)
@given(PROGRAMS, st.sampled_from([200, 2_000, 1 << 20]))
def test_any_interleaving_is_gapless_and_sound(
    programs: list[list[int]], segment_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = asyncio.run(_run(folder, programs, segment_bytes))
        verdict = verify(folder / "receipts", folder / "receipts.anchors" if written else None)
        assert (verdict.ok, verdict.records) == (True, len(written))
        assert verdict.anchored_to == len(written)
        assert list(read_records(folder / "receipts")) == written

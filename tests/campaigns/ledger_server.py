"""A process that appends from many tasks and tells each number once it is acknowledged.

Run by ``test_ledger_kill.py``: prints ``writer PID``, then a number a line; 3 when the ledger fails.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from duokua.ledger.commit import GroupCommit, LedgerFailed

TASKS = 16


async def _append(ledger: GroupCommit, token: str) -> None:
    while True:
        seq = ledger.next_seq
        await ledger.append(b'{"seq":%d,"kind":"note","token":"%b"}' % (seq, token.encode()))
        os.write(1, b"%d\n" % seq)


async def main(home: Path, token: str, segment_bytes: int) -> int:
    """Append until killed or until the ledger is lost."""
    ledger = await GroupCommit.open(
        home / "receipts",
        name="receipts",
        algorithm="sm3",
        anchor=str(home),
        segment_bytes=segment_bytes,
    )
    os.write(1, b"writer %d\n" % ledger.writer_pid)
    outcomes = await asyncio.gather(
        *[_append(ledger, token) for _ in range(TASKS)], return_exceptions=True
    )
    lost = all(isinstance(outcome, LedgerFailed) for outcome in outcomes)
    await ledger.close()
    return 3 if lost and ledger.failed else 4


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))

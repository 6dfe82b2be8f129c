"""The anchoring thread: delivers anchors beside the writing, so that no batch waits for it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.ledger.anchor import EVERY_RECORDS, EVERY_S, OUTBOX_LIMIT, Anchor, Outbox, Place
from duokua.ledger.record import LedgerBroken
from duokua.ledger.tail import Tail

_BACKOFF_LIMIT_S = 60.0


def check_anchored(tail: Tail, anchored: Anchor | None) -> None:
    """Refuse a ledger that ends before its newest anchor, or differs from it.

    :raises LedgerBroken: records that had been anchored are gone or changed.
    """
    if anchored is None:
        return
    differs = dict(tail.recent).get(anchored.seq, anchored.link.encode()) != anchored.link.encode()
    if anchored.seq > tail.seq or differs:
        raise LedgerBroken(
            Text(
                f"账本 {tail.name} 与第 {anchored.seq} 条的锚点不符",
                f"the ledger {tail.name} does not agree with its anchor at record {anchored.seq}",
            ),
            Text(
                "请从备份恢复账本，或请审计员另设锚点位置",
                "restore the ledger, or let the auditor name a new place for anchors",
            ),
        )


def due_anchors(name: str, links: Sequence[tuple[int, bytes]], after: int, at: str) -> list[Anchor]:
    """Return the anchors for the thousands among numbered ``links`` later than ``after``."""
    return [
        Anchor(name, seq, link.decode(), at)
        for seq, link in links
        if seq % EVERY_RECORDS == 0 and seq > after
    ]


class Anchorer(threading.Thread):
    """Delivers an anchor for each thousand records and, each ``every_s``, for the newest one."""

    def __init__(
        self,
        name: str,
        place: Place,
        outbox: Outbox,
        *,
        anchored: int,
        every_s: float = EVERY_S,
        backoff_s: float = 1.0,
    ) -> None:
        super().__init__(name=f"anchors-{name}", daemon=True)
        self.anchored = anchored  # the newest record that the second place knows
        self._ledger, self._place, self._outbox, self._every_s = name, place, outbox, every_s
        self._backoff_s = backoff_s
        self._waiting = outbox.load()
        self._newest: tuple[int, bytes] = (0, b"")
        self._queued = max([anchored, *(anchor.seq for anchor in self._waiting)])
        self._changed = threading.Condition()
        self._stopping = False
        self._failures = 0
        self._retry_at = 0.0
        self._deadline = time.monotonic()  # what a crash left unanchored goes out at once

    def note(self, links: Sequence[tuple[int, bytes]]) -> None:
        """Take over durable records; cheap, called by the writer after each batch."""
        if not links:
            return
        exact = links[-1][0] // EVERY_RECORDS > (links[0][0] - 1) // EVERY_RECORDS
        with self._changed:
            self._newest = links[-1]
            if exact:
                self._queue(due_anchors(self._ledger, links, self._queued, _at()))
                self._changed.notify()

    def stop(self) -> None:
        """Anchor the newest record, try once to deliver everything, keep the rest in the outbox."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.join()

    def run(self) -> None:
        """Deliver until stopped."""
        while True:
            with self._changed:
                self._changed.wait_for(self._due, timeout=self._wait_s())
                self._queue_newest()
                waiting, stopping = list(self._waiting), self._stopping
            if waiting and (stopping or time.monotonic() >= self._retry_at):
                self._deliver(waiting)
            if stopping:
                return

    def _due(self) -> bool:
        return self._stopping or bool(self._waiting and time.monotonic() >= self._retry_at)

    def _wait_s(self) -> float:
        wake = min(self._deadline, self._retry_at) if self._waiting else self._deadline
        return max(0.0, wake - time.monotonic())

    def _queue(self, anchors: list[Anchor]) -> None:
        self._waiting = [*self._waiting, *anchors][-OUTBOX_LIMIT:]
        if anchors:
            self._queued = anchors[-1].seq

    def _queue_newest(self) -> None:
        seq, link = self._newest
        if self._stopping or time.monotonic() >= self._deadline:
            self._deadline = time.monotonic() + self._every_s
            if seq > self._queued:
                self._queue([Anchor(self._ledger, seq, link.decode(), _at())])

    def _deliver(self, waiting: list[Anchor]) -> None:
        arrived = self._place.deliver(waiting)
        with self._changed:
            if arrived:
                self.anchored = waiting[arrived - 1].seq
                self._deadline = time.monotonic() + self._every_s
            gone = set(waiting[:arrived])
            self._waiting = [anchor for anchor in self._waiting if anchor not in gone]
            left = list(self._waiting)
        if arrived == len(waiting):
            self._failures = 0
            self._retry_at = 0.0
        else:
            self._retry_at = time.monotonic() + min(
                _BACKOFF_LIMIT_S, self._backoff_s * 2**self._failures
            )
            if self._failures == 0:
                told = f"duokua ledger {self._ledger}: {len(left)} anchors cannot be delivered"
                print(told, file=sys.stderr, flush=True)
            self._failures = min(self._failures + 1, 10)
        with suppress(OSError):  # a full disk: they wait in memory
            self._outbox.save(left)


def _at() -> str:
    return clock.iso(clock.now())

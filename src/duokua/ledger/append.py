"""Durable appends by processes that write seldom, such as the portal's audit records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from duokua.kernel import clock
from duokua.ledger.anchor import EVERY_S, Anchor, Outbox, last_anchor, place
from duokua.ledger.anchoring import check_anchored, due_anchors
from duokua.ledger.tail import Tail

_WINDOW_BYTES = 64 * 1024
_TURN_S = 20.0


def append_durably(
    folder: Path,
    body_fields: dict[str, Any],
    *,
    name: str,
    algorithm: str,
    anchor: str,
    now: datetime,
) -> int:
    """Append one record, durable on return; processes take turns. Return the record's number.

    ``body_fields`` follow ``seq`` in the body. An anchor is due for each thousandth record and when
    the last one is older than 60 s; one that cannot be delivered waits in the outbox.

    :raises LedgerLocked: no turn came within 20 s.
    :raises LedgerBroken: the end of the ledger is wrong, or shorter than its anchors.
    :raises OSError: the record could not be made durable.
    """
    return append_all_durably(
        folder, [body_fields], name=name, algorithm=algorithm, anchor=anchor, now=now
    )


def append_all_durably(
    folder: Path,
    every: Sequence[dict[str, Any]],
    *,
    name: str,
    algorithm: str,
    anchor: str,
    now: datetime,
) -> int:
    """Append several records as :func:`append_durably` does one; return the number of the last."""
    tail = _open(folder, name, algorithm)
    try:
        second, outbox = place(anchor, name=name, folder=folder), Outbox(folder)
        anchored = last_anchor(second.journal)
        check_anchored(tail, anchored)
        first, seq = tail.seq + 1, tail.seq + len(every)
        tail.extend([_body(first + at, fields) for at, fields in enumerate(every)])
        waiting = outbox.load()
        newest = max((a.seq for a in (anchored, *waiting) if a), default=0)
        due = due_anchors(name, tail.recent, newest, clock.iso(now))
        if seq // 1000 > (first - 1) // 1000 or _is_old(anchored, now):
            due = [*due, Anchor(name, seq, tail.link.decode(), clock.iso(now))]
        if due:
            arrived = second.deliver([*waiting, *due])
            outbox.save([*waiting, *due][arrived:])
        return seq
    finally:
        tail.close()


def _body(seq: int, fields: dict[str, Any]) -> bytes:
    told = {"seq": seq, **fields}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def anchor_newest(folder: Path, *, name: str, algorithm: str, anchor: str, now: datetime) -> int:
    """Anchor the newest record if it is not yet; for timers and clean stops. Return its number."""
    tail = _open(folder, name, algorithm)
    try:
        second, outbox = place(anchor, name=name, folder=folder), Outbox(folder)
        anchored = last_anchor(second.journal)
        check_anchored(tail, anchored)
        waiting = outbox.load()
        if tail.seq > max((a.seq for a in (anchored, *waiting) if a), default=0):
            waiting = [*waiting, Anchor(name, tail.seq, tail.link.decode(), clock.iso(now))]
        if waiting:
            outbox.save(waiting[second.deliver(waiting) :])
        return tail.seq
    finally:
        tail.close()


def _open(folder: Path, name: str, algorithm: str) -> Tail:
    return Tail(folder, name=name, algorithm=algorithm, window_bytes=_WINDOW_BYTES, wait_s=_TURN_S)


def _is_old(anchored: Anchor | None, now: datetime) -> bool:
    if anchored is None:
        return True
    return now - clock.from_iso(anchored.at) >= timedelta(seconds=EVERY_S)

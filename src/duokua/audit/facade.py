"""Recording and reading who did what in the back office (审计记录)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from duokua.audit.verbs import label, register, require
from duokua.kernel import clock, environment
from duokua.kernel.text import Text
from duokua.ledger.append import anchor_newest, append_all_durably
from duokua.ledger.reading import newest_first

__all__ = ["LEDGER", "AuditRecord", "anchor", "find", "folder", "record", "record_all", "register"]

LEDGER = "audit"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Somebody (``by``) did something (``verb``) to something (``of``)."""

    seq: int
    at: datetime
    verb: str
    label: Text
    by: str
    of: str
    detail: dict[str, Any]


def folder() -> Path:
    """Return the folder of the audit ledger."""
    return environment.read().ledger / LEDGER


def record(
    verb: str, *, by: str, of: str, at: datetime, detail: dict[str, Any] | None = None
) -> int:
    """Record an act; it is durable on return. Return the record's number.

    Call it last inside the transaction of the act: an error here has to undo the act.

    :raises Invalid: nobody registered ``verb``.
    :raises LedgerBroken: the audit ledger is not what was written.
    :raises OSError: the record could not be made durable.
    """
    return record_all(verb, [(of, detail or {})], by=by, at=at)


def record_all(
    verb: str, acts: Sequence[tuple[str, dict[str, Any]]], *, by: str, at: datetime
) -> int:
    """Record the same act on several things, each with its detail, as :func:`record` does one."""
    require(verb)
    settings = environment.read()
    told = {"verb": verb, "by": by}
    when = clock.iso(at)
    every = [{**told, "of": of, "at": when, "detail": detail} for of, detail in acts]
    return append_all_durably(
        settings.ledger / LEDGER,
        every,
        name=LEDGER,
        algorithm=settings.ledger_hash,
        anchor=settings.anchor,
        now=clock.now(),  # of the anchoring, which may come long after the act
    )


def anchor(now: datetime) -> int:
    """Anchor the newest record, on a timer and on a clean stop. Return its number."""
    settings = environment.read()
    return anchor_newest(
        settings.ledger / LEDGER,
        name=LEDGER,
        algorithm=settings.ledger_hash,
        anchor=settings.anchor,
        now=now,
    )


def find(
    *,
    verb: str | None = None,
    by: str | None = None,
    of: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_seq: int | None = None,
    limit: int = 50,
) -> list[AuditRecord]:
    """Return records newest first: ``since`` ≤ at < ``until``, numbers below ``before_seq``."""
    wanted = {"verb": verb, "by": by, "of": of}
    found = (
        entry
        for entry in _newest(before_seq)
        if all(value is None or getattr(entry, key) == value for key, value in wanted.items())
        and (since is None or entry.at >= since)
        and (until is None or entry.at < until)
    )
    return list(islice(found, limit))


def _newest(before_seq: int | None) -> Iterator[AuditRecord]:
    for body in newest_first(folder()):
        told = json.loads(body)
        if before_seq is None or told["seq"] < before_seq:
            yield AuditRecord(
                seq=told["seq"],
                at=datetime.fromisoformat(told["at"]).astimezone(UTC),
                verb=told["verb"],
                label=label(told["verb"]),
                by=told["by"],
                of=told["of"],
                detail=told["detail"],
            )

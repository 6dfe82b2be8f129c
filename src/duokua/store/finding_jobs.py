"""Background work of the search: in step with each change, made anew every night."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.store.facade import finding
from duokua.store.signals import listing_changed

REINDEX = "store.reindex"
_NIGHTLY = "04:20"  # after quality and heat were measured


def reindex(work: jobs.Work) -> dict[str, Any]:
    """Make the index anew, with the figures of today."""
    now = work.now()
    return {"listings": finding.reindex(now), "forgotten": finding.forget_searches(now)}


def follow(sender: object, listing_id: str, **told: object) -> None:
    """Bring a changed listing up to date in the index."""
    finding.note_changed([listing_id], clock.now())
    if REINDEX not in {each.name for each in jobs.schedules()}:
        jobs.schedule(REINDEX, REINDEX, {}, daily=_NIGHTLY, by="store", now=clock.now())


def follow_contract(sender: object, dataset_id: str, **told: object) -> None:
    """A contract changed: its listing bears the same id."""
    finding.note_changed([dataset_id], clock.now())


def start() -> None:
    """Register the handler and listen for changes."""
    jobs.register(REINDEX, reindex, Text("重建检索索引", "make the search index anew"))
    listing_changed.connect(follow, dispatch_uid="store.finding")
    lake.contract_registered.connect(follow_contract, dispatch_uid="store.finding.contract")

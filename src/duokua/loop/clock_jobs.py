"""Background work on cases: clocks that are due, suspensions that end, notices that waited."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.loop.facade import acting
from duokua.loop.signals import cases_opened

_BY = "system"
CLOCKS, EVERY_S = "loop.clocks", 10


def look(work: jobs.Work) -> dict[str, Any]:
    """Look at what is due."""
    return acting.care(work.now())


def keep_schedule(sender: object, **told: object) -> None:
    """Let the work come again by itself, from the first case on."""
    if CLOCKS not in {each.name for each in jobs.schedules()}:
        jobs.schedule(CLOCKS, CLOCKS, {}, every_s=EVERY_S, by=_BY, now=clock.now())


def start() -> None:
    """Register the handler and listen for the first case."""
    jobs.register(CLOCKS, look, Text("事件时限与督办", "limits and escalation of cases"))
    cases_opened.connect(keep_schedule, dispatch_uid="loop.clock_jobs")

"""Background work on clocks: what is overdue is escalated, disputes go one level up."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.store.facade import deciding
from duokua.store.signals import request_began

_BY = "system"
CLOCKS, _EVERY_S = "store.clocks", 300


def look(work: jobs.Work) -> dict[str, Any]:
    """Escalate what is overdue."""
    return dict(deciding.care_for_clocks(now=work.now()))


def keep_schedule(sender: object, **told: object) -> None:
    """Let the work come again by itself, from the first request on."""
    if CLOCKS not in {each.name for each in jobs.schedules()}:
        jobs.schedule(CLOCKS, CLOCKS, {}, every_s=_EVERY_S, by=_BY, now=clock.now())


def start() -> None:
    """Register the handler and listen for the first request."""
    jobs.register(CLOCKS, look, Text("审批超期上报", "escalate overdue decisions"))
    request_began.connect(keep_schedule, dispatch_uid="store.clock_jobs")

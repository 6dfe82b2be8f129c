"""Background work on listings: judged and counted every night, withdrawn when a notice has run."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.store.facade import listings as facade
from duokua.store.signals import listing_changed

_BY = "system"
JUDGE, HEAT, WITHDRAW = "store.judge", "store.heat", "store.withdraw"
_NIGHTLY = "03:40"
_HOUR_S = 3600


def judge(work: jobs.Work) -> dict[str, Any]:
    """Judge every listing anew."""
    return {"judged": facade.judge_listings(now=work.now(), progress=work.progress)}


def heat(work: jobs.Work) -> dict[str, Any]:
    """Count the calls of the last 30 days of each listing."""
    return {"changed": facade.measure_heat(now=work.now())}


def withdraw(work: jobs.Work) -> dict[str, Any]:
    """Complete the withdrawals whose notice has run."""
    return {"withdrawn": facade.complete_withdrawals(now=work.now())}


def keep_schedules(sender: object, **told: object) -> None:
    """Let the work come again by itself, from the first listing on."""
    known = {each.name for each in jobs.schedules()}
    if JUDGE not in known:
        jobs.schedule(JUDGE, JUDGE, {}, daily=_NIGHTLY, by=_BY, now=clock.now())
    for name in (HEAT, WITHDRAW):
        if name not in known:
            jobs.schedule(name, name, {}, every_s=_HOUR_S, by=_BY, now=clock.now())


def start() -> None:
    """Register the handlers and listen for the first listing."""
    jobs.register(JUDGE, judge, Text("评估资源质量", "judge the quality of listings"))
    jobs.register(HEAT, heat, Text("统计资源热度", "count the use of listings"))
    jobs.register(WITHDRAW, withdraw, Text("办结到期下架", "complete withdrawals of listings"))
    listing_changed.connect(keep_schedules, dispatch_uid="store.listing_jobs")

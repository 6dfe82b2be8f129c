"""Background work of the store: provisioning, probing what was taken away, daily care."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.store.facade import asking, using

_BY = "store"
_OFTEN, _OFTEN_S = "store.mend", 300
_DAILY, _AT = "store.daily", "06:10"


def provision(work: jobs.Work) -> dict[str, Any]:
    """Provision one request; from the first one on the care of grants comes by itself."""
    keep_schedules()
    state = using.carry_out(work.job.payload["request"], by=_BY, now=work.now())
    return {"state": state.value}


def confirm(work: jobs.Work) -> dict[str, Any]:
    """Probe what an act left, unless that was done."""
    told = work.job.payload
    probed = using.confirm(told["request"], told["after"], by=_BY, now=work.now())
    return {} if probed is None else {"passed": probed.passed}


def often(work: jobs.Work) -> dict[str, Any]:
    """End what is past its date, mend what a crash left."""
    now = work.now()
    return {"expired": using.expire_due(now), "mended": using.mend(now)}


def daily(work: jobs.Work) -> dict[str, Any]:
    """Warn of what ends soon, propose to release what nobody calls, archive what ended long ago."""
    now = work.now()
    archived = asking.archive_old_requests(by=_BY, now=now)
    return {
        "warned": using.warn(now),
        "proposed": using.propose_release(now),
        "archived": archived,
    }


def keep_schedules() -> None:
    """Let the care come again and again."""
    known = {each.name for each in jobs.schedules()}
    if _OFTEN not in known:
        jobs.schedule(_OFTEN, _OFTEN, {}, every_s=_OFTEN_S, by=_BY, now=clock.now())
    if _DAILY not in known:
        jobs.schedule(_DAILY, _DAILY, {}, daily=_AT, by=_BY, now=clock.now())


def start() -> None:
    """Register the handlers."""
    jobs.register("store.provision", provision, Text("开通并探测授权", "provision and probe"))
    jobs.register("store.confirm", confirm, Text("探测收回的授权", "probe what was taken away"))
    jobs.register(_OFTEN, often, Text("授权到期与核对", "expiry of grants, mending"))
    jobs.register(_DAILY, daily, Text("到期提醒与闲置提醒", "warnings of expiry and idle grants"))

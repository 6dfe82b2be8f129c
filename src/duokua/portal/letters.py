"""Sends letters outward (对外通知) in the background, as soon as one is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.notify import facade as notify

KIND = "notify.send"
DAILY = "notify.digest"
_AGAIN = timedelta(minutes=5)
_AT = "08:00"  # of the district


def send(work: jobs.Work) -> dict[str, Any]:
    """Send what waits; what could not be handed over is tried again later."""
    now = work.now()
    sent, left = notify.send_letters(now=now)
    if left:
        jobs.enqueue(KIND, {}, by="notify", now=now, key=f"{KIND}:again", run_at=now + _AGAIN)
    return {"sent": sent, "left": left}


def daily(work: jobs.Work) -> dict[str, Any]:
    """Send what gathered to whoever wants it once a day."""
    return {"sent": notify.send_digests(now=work.now())}


def _written(sender: object, **told: object) -> None:
    jobs.enqueue(KIND, {}, by="notify", now=clock.now())
    if DAILY not in {each.name for each in jobs.schedules()}:
        jobs.schedule(DAILY, DAILY, {}, daily=_AT, by="notify", now=clock.now())


def start() -> None:
    """Register the handler and listen."""
    jobs.register(KIND, send, Text("发送对外通知", "send messages outward"))
    jobs.register(DAILY, daily, Text("发送每日通知汇总", "send the daily summary of messages"))
    notify.letters_wait.connect(_written, dispatch_uid="portal.letters")

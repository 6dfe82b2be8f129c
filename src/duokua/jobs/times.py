"""When a job comes again (周期): after so many seconds, or at an hour of the day in Shanghai."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text

_DAILY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_LONGEST_S = 366 * 86_400
_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 600.0


def check(every_s: int | None, daily: str) -> None:
    """Check that exactly one of both is given, and well.

    :raises Invalid: it is not.
    """
    if (every_s is None) == (not daily):
        what = Text("须填 every_s 或 daily 之一", "give one of every_s and daily")
    elif every_s is not None and not 1 <= every_s <= _LONGEST_S:
        what = Text(f"every_s 不在 1 至 {_LONGEST_S} 之间", f"every_s is not 1 to {_LONGEST_S}")
    elif daily and not _DAILY.fullmatch(daily):
        what = Text(f"“{daily}”不是时刻", f"{daily!r} is no time of day")
    else:
        return
    mend = Text("例如 every_s: 900 或 daily: '02:30'", "such as every_s: 900 or daily: '02:30'")
    raise Invalid(what, mend, faults=(Fault("schedule", what, mend),))


def following(after: datetime, every_s: int | None, daily: str, now: datetime) -> datetime:
    """Return the first instant after ``now`` in the rhythm that has one at ``after``.

    What was missed meanwhile is not made up for.
    """
    if every_s is not None:
        missed = max(0, (now - after) // timedelta(seconds=every_s))
        return after + timedelta(seconds=every_s * (missed + 1))
    hour, minute = (int(part) for part in daily.split(":"))
    local = max(after, now).astimezone(SHANGHAI)
    found = datetime.combine(local.date(), time(hour, minute), SHANGHAI)
    if found <= local:
        found += timedelta(days=1)
    return found.astimezone(UTC)


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: twice as long each time."""
    doubled = _FIRST_RETRY_S * 2 ** min(attempts - 1, 20)
    return timedelta(seconds=min(doubled, _LONGEST_RETRY_S))

"""How long a withdrawal is announced before it is complete (下架公示期): a figure of the law pack."""

from __future__ import annotations

from datetime import datetime

from duokua.kernel.clock import district_day
from duokua.kernel.working_time import end_of
from duokua.store.selectors import law


def notice_end(now: datetime) -> datetime:
    """Return the end of the last working day of a notice that begins now.

    :raises Unavailable: the law pack states no such period.
    """
    _, days = law.figure("withdrawal_notice", now)
    return end_of(law.calendar().after(district_day(now), int(days.value)))

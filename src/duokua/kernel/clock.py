"""The clock (时钟): instants in UTC, days in Asia/Shanghai.

Domain code takes ``now`` as an argument; only doors ask for it here.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_SHANGHAI_OFFSET_S = 8 * 3600  # no daylight saving since 1991


def now() -> datetime:
    """Return the present instant in UTC; for doors only, domain code is handed its instant."""
    return datetime.fromtimestamp(time.time(), UTC)


def district_time(instant: datetime | None) -> str:
    """Return an instant as it is told in the district, to the minute; a dash for none."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if instant else "–"


def district_day(instant: datetime) -> date:
    """Return the calendar day of ``instant`` in Asia/Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def district_day_number(epoch_s: float) -> int:
    """Return the days since 1970-01-01 in Asia/Shanghai; cheap enough for each governed call."""
    return int(epoch_s + _SHANGHAI_OFFSET_S) // 86_400


def seconds_to_next_district_day(epoch_s: float) -> int:
    """Return the whole seconds until midnight in Asia/Shanghai, at least 1."""
    return max(1, 86_400 - int(epoch_s + _SHANGHAI_OFFSET_S) % 86_400)


def iso(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with ``Z`` and microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read an ISO 8601 instant.

    :raises ValueError: the text is no instant or has no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return instant.astimezone(UTC)


def days_from(instant: datetime, days: int) -> datetime:
    """Return the instant ``days`` times 24 hours later."""
    return instant + timedelta(days=days)

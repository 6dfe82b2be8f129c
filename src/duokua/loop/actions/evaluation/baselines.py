"""Baselines (基线): what is usual for a subject in a slot of a kind of day, as a table.

Median and median absolute deviation over the whole days before the one in which the window begins;
made anew once a day, and when the table behind it was read anew.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pyarrow as pa

from duokua.engine.scenario.session import Session
from duokua.kernel.clock import SHANGHAI, district_day
from duokua.kernel.working_time import Calendar
from duokua.lang.contract import Contract, Kind
from duokua.lang.scenario.rule import BASELINE, Baseline

WORKDAY, RESTDAY = "workday", "restday"
_DAYS = "_days"
_OFFSET_S = 8 * 3600  # of Asia/Shanghai


def make_baseline(
    session: Session, told: Baseline, contract: Contract, calendar: Calendar, since: datetime
) -> None:
    """Make the table ``baseline_<table>`` of a rule for a window that begins at ``since``."""
    end = district_day(since)
    begin = end - timedelta(days=told.days)
    session.load(_DAYS, kinds_of_days(calendar, begin, end))
    offset = 0 if contract.by_name[told.at].kind is Kind.DATE else _OFFSET_S
    at, value = f'b."{told.at}"', f'b."{told.value}"'
    local = f"(epoch({at}) + {offset})"
    subject = "".join(f'b."{name}", ' for name in told.subject)
    query = (
        f"select {subject}d.kind as day_kind, "  # noqa: S608
        f"cast(floor(({local} % 86400) / {slot_s(told)}) as bigint) as slot, "
        f"median({value}) as median, mad({value}) as mad, count({value}) as n "
        f"from {told.table} as b join {_DAYS} as d on d.number = cast(floor({local} / 86400) as bigint) "
        f"where {at} >= $begin and {at} < $end group by all"
    )
    bounds = {"begin": _midnight(begin), "end": _midnight(end)}
    session.derive(BASELINE + told.table, query, bounds)


def slot_s(told: Baseline) -> int:
    """Return the seconds of a slot; a day is parted in as many as go into it."""
    return max(1, min(86_400, int(told.slot.length.total_seconds())))


def kinds_of_days(calendar: Calendar, begin: date, end: date) -> pa.Table:
    """Return the days from ``begin`` to ``end``, each by its number since 1970, with its kind."""
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    numbers = [(day - date(1970, 1, 1)).days for day in days]
    kinds = [WORKDAY if calendar.is_working(day) else RESTDAY for day in days]
    return pa.table({"number": numbers, "kind": kinds})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)

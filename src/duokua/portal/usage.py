"""How much is used (用量): by day, grant and program, with latency, refusals and quota left.

Calls and rows come from the receipts and are exact; bytes, latency and refusals are what the
gateway counted beside them, a few seconds old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from duokua.kernel import environment
from duokua.kernel.clock import SHANGHAI, district_day
from duokua.kernel.text import Text
from duokua.lang.grant import OPEN
from duokua.portal.chart import Chart, chart
from duokua.serving import usage
from duokua.serving.problems import KINDS
from duokua.serving.receipt_search import totals
from duokua.serving.receipt_usage import GrantUse, by_grant
from duokua.serving.usage import Latency, Within

PERIODS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Line:
    """One grant: who used which interface, how much, how fast, and how often it was refused."""

    use: GrantUse
    bytes: int
    refused: int
    latency: Latency

    @property
    def open(self) -> bool:
        """Whether it is the use of an open interface without a grant."""
        return self.use.grant == OPEN


@dataclass(frozen=True, slots=True)
class Sum:
    """What several lines come to."""

    calls: int
    rows: int
    bytes: int
    latency: Latency

    @classmethod
    def of(cls, lines: list[Line]) -> Sum:
        """Sum lines up."""
        return cls(
            sum(line.use.calls for line in lines),
            sum(line.use.rows for line in lines),
            sum(line.bytes for line in lines),
            usage.joined([line.latency for line in lines]),
        )


@dataclass(frozen=True, slots=True)
class Refusals:
    """A kind of refusal: how often it came, and how whoever met it mends it."""

    code: str
    interface: str
    client: str
    department: str
    calls: int
    title: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page of use shows; what was used without a grant stands apart."""

    days: int
    lines: tuple[Line, ...]
    open_lines: tuple[Line, ...]
    sum: Sum
    open_sum: Sum
    refusals: tuple[Refusals, ...]
    chart: Chart
    metered: int  # calls that the metering counted, with or without a receipt

    @property
    def unproven(self) -> int:
        """Metered calls without a receipt: only made-up days of a demonstration have any."""
        return max(0, self.metered - self.sum.calls - self.open_sum.calls)

    @property
    def refused(self) -> int:
        """The number of refusals."""
        return sum(each.calls for each in self.refusals)


def report(
    now: datetime,
    days: int,
    *,
    interfaces: frozenset[str] | None = None,
    departments: frozenset[str] | None = None,
) -> Report:
    """Return the use of ``days`` days up to today, within interfaces called and departments calling."""
    last = district_day(now)
    within = Within(last - timedelta(days=days - 1), last, interfaces, departments)
    settings = environment.read()
    index = settings.ledger / "receipts-index.sqlite3"
    refused = usage.refused(settings.usage, within)
    lines = _lines(by_grant(index, within), settings.usage, within, refused)
    granted = [line for line in lines if not line.open]
    free = [line for line in lines if line.open]
    return Report(
        days,
        tuple(granted),
        tuple(free),
        Sum.of(granted),
        Sum.of(free),
        tuple(map(_refusals, refused)),
        _chart(index, within, days),
        sum(calls for calls, _ in usage.by_day(settings.usage, within).values()),
    )


def _lines(
    uses: list[GrantUse], path: Path, within: Within, refused: list[usage.Refused]
) -> list[Line]:
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    for each in usage.served(path, within):
        sizes[each.interface, each.grant] += each.bytes
    turned_away: dict[tuple[str, str], int] = defaultdict(int)
    for told in refused:
        if told.grant:
            turned_away[told.interface, told.grant] += told.calls
    timed = usage.latency(path, within)
    return [
        Line(
            use,
            sizes[use.interface, use.grant],
            turned_away[use.interface, use.grant],
            timed.get((use.interface, use.grant), Latency()),
        )
        for use in uses
    ]


def _refusals(told: usage.Refused) -> Refusals:
    kind = KINDS.get(told.code)
    words = {"link": f"/store/interfaces/{told.interface}/", "part": "", "allow": "GET"}
    return Refusals(
        told.code,
        told.interface,
        told.client,
        told.department,
        told.calls,
        kind.title.format(**words) if kind else Text(told.code, told.code),
        kind.mend.format(**words) if kind else Text("", ""),
    )


def _chart(index: Path, within: Within, days: int) -> Chart:
    since = datetime.combine(within.first, datetime.min.time(), SHANGHAI)
    counted: Mapping[date, tuple[int, int]] = {
        date.fromisoformat(total.key): (total.calls, total.rows)
        for total in totals(
            index,
            by="day",
            since=since,
            departments=within.departments,
            interfaces=within.interfaces,
        )
    }
    return chart(counted, within.first, days)

"""A gantt (甘特图): from when to when each row lasts, beside a line for today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from duokua.kernel.clock import SHANGHAI
from duokua.loop.drawing.rows import Rows, said

WIDTH, ROW, LEFT, TOP = 720.0, 24.0, 150.0, 24.0
_MOST = 40


@dataclass(frozen=True, slots=True)
class Lasting:
    """One row; ``width`` is at least a hair, so that a day is seen."""

    label: str
    y: float
    x: float
    width: float
    level: str
    told: str

    @property
    def bar_y(self) -> float:
        """Where its bar begins."""
        return self.y + 4

    @property
    def text_y(self) -> float:
        """Where its words stand."""
        return self.y + 15


@dataclass(frozen=True, slots=True)
class Gantt:
    """What the template draws."""

    rows: tuple[Lasting, ...]
    labels: tuple[tuple[float, str], ...]
    today: float | None
    height: float
    left_out: int
    width: float = WIDTH
    left: float = LEFT


def instant(value: object) -> datetime | None:
    """Return when a day (in the district) begins, or an instant; ``None``: it is neither."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), SHANGHAI)
    return None


def gantt(rows: Rows, options: dict[str, object], now: datetime) -> Gantt:
    """Draw rows that begin; one without an end goes on until now."""
    label, since, until = (str(options[name]) for name in ("label", "from", "until"))
    told = []
    for row in rows.rows:
        begin, end = instant(row.get(since)), instant(row.get(until)) or now
        if begin is not None and end >= begin:
            level = str(row.get(str(options.get("level", ""))) or "none")
            told.append((begin, end, said(row.get(label)), level))
    shown = told[:_MOST]
    if not shown:
        return Gantt((), (), None, TOP, len(rows.rows))
    first, last = min(each[0] for each in shown), max(each[1] for each in shown)
    span = max((last - first).total_seconds(), 1.0)

    def along(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - 12) * (at - first).total_seconds() / span, 1)

    lasting = tuple(
        Lasting(name, TOP + n * ROW, along(begin), max(round(along(end) - along(begin), 1), 2.0),
                level, f"{name}: {said(begin)} – {said(end)}")
        for n, (begin, end, name, level) in enumerate(shown)
    )  # fmt: skip
    marks = [first + timedelta(seconds=span * n / 4) for n in range(4)]
    labels = tuple((along(at), at.astimezone(SHANGHAI).strftime("%m-%d")) for at in marks)
    today = along(now) if first <= now <= last else None
    return Gantt(lasting, labels, today, TOP + ROW * len(shown), len(rows.rows) - len(shown))

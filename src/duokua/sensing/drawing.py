"""A device's day as a line (日曲线): the mean of each ten minutes within its lowest and highest value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.clock import SHANGHAI
from duokua.sensing.values import SlotInfo

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 24
SLOT_S, DAY_S = 600, 86_400
_TICKS = 4
_HOURS = range(0, 24, 4)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or an hour below."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """What the template draws; a stretch without readings is a gap, not a line."""

    bands: tuple[str, ...]
    lines: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]
    scale: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    foot: int = HEIGHT - 6


def draw(slots: Sequence[SlotInfo]) -> Day | None:
    """Draw the slots of a day, oldest first; ``None``: there is nothing to draw."""
    if not slots:
        return None
    low, high = min(each.low for each in slots), max(each.high for each in slots)
    if high == low:
        low, high = low - 1, high + 1
    reach = HEIGHT - TOP - BOTTOM

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - reach * (value - low) / (high - low), 1)

    lines, bands, dots = [], [], []
    for run in _runs(slots):
        xs = [_along(_second(each.start) + SLOT_S / 2) for each in run]
        lines.append(" ".join(f"{x},{up(s.mean)}" for x, s in zip(xs, run, strict=True)))
        over = [f"{x},{up(s.high)}" for x, s in zip(xs, run, strict=True)]
        under = [f"{x},{up(s.low)}" for x, s in zip(xs, run, strict=True)]
        bands.append(" ".join([*over, *reversed(under)]))
        dots += [(x, up(s.mean), _told(s)) for x, s in zip(xs, run, strict=True)]
    steps = [low + (high - low) * n / _TICKS for n in range(_TICKS + 1)]
    return Day(
        tuple(bands), tuple(lines), tuple(dots),
        tuple(Mark(up(value), f"{value:.4g}") for value in steps),
        tuple(Mark(_along(hour * 3600), f"{hour:02d}:00") for hour in _HOURS),
    )  # fmt: skip


def _runs(slots: Sequence[SlotInfo]) -> list[list[SlotInfo]]:
    runs: list[list[SlotInfo]] = []
    for each in slots:
        if runs and (each.start - runs[-1][-1].start).total_seconds() <= SLOT_S:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _second(start: datetime) -> int:
    local = start.astimezone(SHANGHAI)
    return local.hour * 3600 + local.minute * 60


def _along(second: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * second / DAY_S, 1)


def _told(slot: SlotInfo) -> str:
    at = slot.start.astimezone(SHANGHAI).strftime("%H:%M")
    return f"{at} · {slot.mean:.4g} ({slot.low:.4g} – {slot.high:.4g})"

"""How much time is left (剩余时间), in words and in a tone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Text

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SOON_S = _HOUR


@dataclass(frozen=True, slots=True)
class Left:
    """Time left of a limit; ``tone`` is ``bad`` (over), ``warn`` (within the hour) or empty."""

    words: Text
    tone: str


def left_of(due: datetime | None, now: datetime) -> Left:
    """Say how long it is until ``due``, or since when it is over; no limit is told as one."""
    if due is None:
        return Left(Text("不计时", "no limit runs"), "")
    seconds = (due - now).total_seconds()
    if seconds < 0:
        over = length(-seconds)
        return Left(Text(f"超时 {over.zh}", f"{over.en} over"), "bad")
    rest = length(seconds)
    return Left(Text(f"剩 {rest.zh}", f"{rest.en} left"), "warn" if seconds <= _SOON_S else "")


def length(seconds: float) -> Text:
    """Write a length of time by its two greatest units."""
    whole = int(seconds)
    if whole < _MINUTE:
        return Text(f"{whole} 秒", f"{whole} s")
    days, rest = divmod(whole, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes = rest // _MINUTE
    if days:
        return _two(days, Text("天", "d"), hours, Text("小时", "h"))
    if hours:
        return _two(hours, Text("小时", "h"), minutes, Text("分", "min"))
    return Text(f"{minutes} 分", f"{minutes} min")


def _two(great: int, unit: Text, small: int, lesser: Text) -> Text:
    zh, en = f"{great} {unit.zh}", f"{great} {unit.en}"
    if small:
        zh, en = f"{zh} {small} {lesser.zh}", f"{en} {small} {lesser.en}"
    return Text(zh, en)

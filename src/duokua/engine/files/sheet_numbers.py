"""Numbers of a spreadsheet as text: without a superfluous ``.0``, days and times in ISO form."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

_DAY_MS = 86_400_000
_LEAP_BUG = 60  # Excel counts 1900-02-29, which never was
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  no zone in Excel
_LAST = 2_958_466
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|am/pm|a/p|general')
_EXACT = 15  # digits of a number that are surely what was typed


class Style(NamedTuple):
    """What a number format shows: a day, a time of day, or a length of time."""

    day: bool
    clock: bool
    length: bool = False


NO_STYLE = Style(False, False)
_DAYS = frozenset({*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58})
_CLOCKS = frozenset({*range(18, 22), *range(32, 36), 45, 47, 55, 56})
_BOTH, _LENGTH = 22, 46


def builtin_style(number: str) -> Style:
    """Return what a built-in format shows; 27 to 58 are those of Chinese workbooks."""
    at = int(number) if number.isdecimal() else 0
    return Style(at in _DAYS or at == _BOTH, at in _CLOCKS or at == _BOTH, at == _LENGTH)


def style_of(code: str) -> Style:
    """Return what a format code shows."""
    shown = _NOT_SHOWN.sub("", code.lower()).split(";")[0]
    if "[" in shown:
        return Style(False, False, True)
    clock = "h" in shown or "s" in shown
    return Style("y" in shown or "d" in shown or ("m" in shown and not clock), clock)


def number_text(raw: str, style: Style, *, from_1904: bool) -> str:
    """Return the text of a number cell."""
    if style is NO_STYLE or style == NO_STYLE:
        if raw.isdecimal() and len(raw) <= _EXACT:
            return raw
        return _plain(raw)
    try:
        serial = float(raw)
    except ValueError:
        return raw
    if not 0 <= serial < _LAST:
        return _plain(raw)
    return _time(serial, style, from_1904)


def _plain(raw: str) -> str:
    try:
        number = float(raw)
    except ValueError:
        return raw
    if number.is_integer() and abs(number) < 1e18:
        return str(int(number))
    return repr(number)


def _time(serial: float, style: Style, from_1904: bool) -> str:
    ms = round(serial * _DAY_MS)
    if style.length or (serial < 1 and not style.day):
        return _clock(ms)
    days, rest = divmod(ms, _DAY_MS)
    if not from_1904 and days < _LEAP_BUG:
        days += 1
    day = ((_EPOCH_1904 if from_1904 else _EPOCH) + timedelta(days=days)).strftime("%Y-%m-%d")
    return f"{day} {_clock(rest)}" if style.clock or rest else day


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text

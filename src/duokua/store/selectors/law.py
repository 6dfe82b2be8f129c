"""What the law pack of this installation says now: figures, grounds of refusal, the calendar."""

from __future__ import annotations

from datetime import datetime

from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.kernel.errors import Unavailable
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.law_folder import law_pack
from duokua.lang.law_pack import Ground, LawPack
from duokua.lang.parameter import DatedValue, Parameter


def pack() -> LawPack:
    """Return the law pack.

    :raises NotFound: there is none where DUOKUA_PACKS says.
    """
    return law_pack(environment.read().packs)


def calendar() -> Calendar:
    """Return which days are worked."""
    return pack().calendar


def figure(name: str, now: datetime) -> tuple[Parameter, DatedValue]:
    """Return by what a clock runs on the day of ``now``.

    :raises Unavailable: the pack states nothing for that day.
    """
    parameter = pack().clock(name)
    value = parameter.at(district_day(now)) if parameter is not None else None
    if parameter is None or value is None:
        raise Unavailable(
            Text(f"规则包没有期限“{name}”", f"the law pack has no clock {name!r}"),
            Text("请在规则包中补上", "add it to the law pack"),
        )
    return parameter, value


def grounds(now: datetime) -> list[Ground]:
    """Return on which grounds a request may be refused now."""
    day = district_day(now)
    return [each for each in pack().grounds.values() if each.holds(day)]

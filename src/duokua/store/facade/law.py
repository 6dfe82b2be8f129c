"""The law pack for the store's pages."""

from __future__ import annotations

from datetime import date, datetime

from duokua.kernel.clock import district_day
from duokua.lang.law_pack import Ground, LawPack
from duokua.lang.law_view import HEAD, Line, lines, plain
from duokua.store.selectors import law

__all__ = ["HEAD", "Line", "grounds", "lines_at", "pack", "plain"]


def pack() -> LawPack:
    """Return the law pack of this installation.

    :raises NotFound: there is none where DUOKUA_PACKS says.
    """
    return law.pack()


def lines_at(day: date | None, now: datetime) -> list[Line]:
    """Return what is in force on a day; without one every value that ever was, is or will be."""
    return lines(law.pack(), day or district_day(now), every=day is None)


def grounds(now: datetime) -> list[Ground]:
    """Return on which grounds a request may be refused now."""
    return law.grounds(now)

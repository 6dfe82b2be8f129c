"""The command board (指挥看板): departments side by side, worst first; escalations to acknowledge."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lang.scenario.level import TITLES, Level
from duokua.loop.facade import cases as facade
from duokua.loop.values.case import BoardRow
from duokua.loop.views.quiet import QUIET_FOR
from duokua.shell.components import Kpi

SHOWN = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE, Level.UNKNOWN)
_WIDTH = 100.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: a level, where it begins and how wide it is of a hundred."""

    level: Level
    at: float
    wide: float
    count: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A department with the bar of its levels."""

    row: BoardRow
    bar: tuple[Piece, ...]


@policy.roles(Role.COMMAND, Role.AUDITOR, Role.HEAD, Role.HANDLER)
def board(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show what is open by department, as far as the reader may see it."""
    now = clock.now()
    told = facade.board(person, now=now)
    rows = sorted(told.rows, key=_worst)
    context = {
        "board": told, "lanes": [Lane(row, _bar(row)) for row in rows], "now": now,
        "levels": [(level, TITLES[level]) for level in SHOWN],
        "quiet": bool(person.hats & QUIET_FOR),
        "kpis": _kpis(told.open, told.overdue, len(told.escalated), len(told.disputed)),
    }  # fmt: skip
    live = request.headers.get("X-Quiet") == "1"
    return render(request, "loop/board_part.html" if live else "loop/board.html", context)


def _worst(row: BoardRow) -> tuple[int, int, int]:
    return (-row.levels.get(Level.RED, 0), -row.overdue, -row.open)


def _bar(row: BoardRow) -> tuple[Piece, ...]:
    total = sum(row.levels.get(level, 0) for level in SHOWN)
    pieces, at = [], 0.0
    for level in SHOWN:
        count = row.levels.get(level, 0)
        if count:
            wide = round(_WIDTH * count / total, 2)
            pieces.append(Piece(level, at, wide, count))
            at = round(at + wide, 2)
    return tuple(pieces)


def _kpis(open_: int, overdue: int, escalated: int, disputed: int) -> list[Kpi]:
    return [
        Kpi(Text("未结事件", "Open cases"), open_, icon="inbox", url="/cases/?scope=all"),
        Kpi(Text("已超时", "Overdue"), overdue, icon="clock", url="/cases/?scope=all&overdue=1"),
        Kpi(Text("督办待回执", "Escalated"), escalated, icon="horn", url="#escalated"),
        Kpi(Text("移交争议", "Disputed hand-overs"), disputed, icon="law", url="#disputed"),
    ]

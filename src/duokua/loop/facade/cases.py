"""Reading cases (事件): pages of them, one of them, the command board, what a workbench counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duokua.identity.facade import Person
from duokua.loop.selectors import board as _board
from duokua.loop.selectors import case_list as _list
from duokua.loop.selectors import whole_case as _whole
from duokua.loop.values.case import Board, CaseInfo, CasePage, CaseRow, Counts

__all__ = ["Board", "CaseInfo", "CasePage", "CaseRow", "Counts", "board", "case", "counts", "page"]


def page(
    person: Person,
    asked: Mapping[str, str],
    *,
    after: str | None = None,
    limit: int = 50,
    now: datetime,
) -> CasePage:
    """Return the cases that a person may see after a mark; by default those that are open.

    ``asked``: q, pack, level, state (or ``any``), department (the lead), mine, team, verify,
    overdue, and sort: due, level or changed.
    """
    return _list.page(person, asked, after, limit, now)


def case(number: str, person: Person, *, now: datetime) -> CaseInfo:
    """Return a whole case, with what the person may do with it now.

    :raises NotFound: there is none, or they may not know of it.
    """
    return _whole.whole(number, person, now)


def board(person: Person, *, now: datetime) -> Board:
    """Return the open cases that a person may see by department, and what the command decides."""
    return _board.board(person, now)


def counts(person: Person, *, now: datetime) -> Counts:
    """Return what a person's workbench counts."""
    return _board.counts(person, now)

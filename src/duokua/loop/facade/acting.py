"""Acting on cases (办理): one verb at a time, each all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from duokua.identity.facade import Person
from duokua.loop.actions import cases as _cases
from duokua.loop.actions import telling as _telling
from duokua.loop.actions.cases.deed import Again
from duokua.loop.actions.clocks import look
from duokua.loop.actions.evaluation import ask_again
from duokua.loop.models import Case
from duokua.loop.selectors import whole_case as _whole
from duokua.loop.values.acting import title_of
from duokua.loop.values.case import CaseInfo

__all__ = ["act", "care", "title_of"]

_NONE: Mapping[str, str] = MappingProxyType({})


def act(
    number: str,
    verb: str,
    person: Person,
    *,
    task: int | None = None,
    revision: int | None = None,
    text: str = "",
    fields: Mapping[str, str] = _NONE,
    now: datetime,
) -> CaseInfo:
    """Do something with a case; return it as it is afterwards (of an exercise, the new case).

    ``revision`` is what the person saw: of the task where one is named, else of the case.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: they may not do this.
    :raises Conflict: it cannot be done any more, or somebody else was first; it tells who.
    :raises Invalid: something that it needs is missing, each at its name.
    """
    what = _cases.Act(verb, task, revision, text, fields)
    after = _cases.perform(number, what, person, ask=_ask, now=now)
    return _whole.whole(after, person, now)


def _ask(case: Case, now: datetime) -> Again:
    return ask_again(case, now=now)


def care(now: datetime) -> dict[str, int]:
    """Look at clocks that are due, resume what is due, tell what waited for quiet hours."""
    return {
        "resumed": _cases.resume_due(now),
        "looked": look(now),
        "told": _telling.release(now),
    }

"""Acting on several cases at once (批量办理), or on one in one tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from duokua.identity.facade import Person
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.loop.facade import acting

BATCHED = ("claim", "accept", "dispatch")  # what needs no words, so it can be done to several
ONE_TAP = (*BATCHED, "file", "control")
_OF_CASE = ("file", "dispatch")  # the others are done to the reader's own task
_MOST = 100
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Pick:
    """A verb for a case, and the revision that was seen of the case or of the reader's task."""

    verb: str
    number: str
    task: int | None
    revision: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a pick; ``why`` is ``None`` where it was done."""

    number: str
    verb: str
    why: Text | None = None


def read_picks(form: QueryDict) -> list[Pick]:
    """Read the button of one row, or a verb for all the rows that were ticked."""
    verb, _bar, one = form.get("one", "").partition("|")
    if verb in ONE_TAP:
        found = [_pick(verb, one)]
    else:
        verb = form.get("verb", "")
        found = [_pick(verb, each) for each in form.getlist("case")[:_MOST] if verb in BATCHED]
    return [each for each in found if each is not None]


def _pick(verb: str, text: str) -> Pick | None:
    number, _bar, rest = text.partition("|")
    task, _bar, revisions = rest.partition("|")
    own, _bar, whole = revisions.partition("|")
    if not number or len(number) > 32:
        return None
    of_task = verb not in _OF_CASE
    return Pick(
        verb, number, _number(task) if of_task else None, _number(own if of_task else whole)
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def act_on(picks: Sequence[Pick], person: Person, *, now: datetime) -> list[Done]:
    """Do them one after the other; what is refused hinders none of the others."""
    return [_done(pick, person, now) for pick in picks]


def _done(pick: Pick, person: Person, now: datetime) -> Done:
    try:
        acting.act(pick.number, pick.verb, person, task=pick.task, revision=pick.revision, now=now)
    except DuokuaError as error:
        return Done(pick.number, pick.verb, error.what)
    return Done(pick.number, pick.verb)

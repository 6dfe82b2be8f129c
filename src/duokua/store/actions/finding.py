"""Keeping the search index in step with the listings, and counting what people look for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from duokua.engine import finding as engine
from duokua.identity.facade import Person
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.lang.terms import plain
from duokua.store.models import Listing, Searched
from duokua.store.selectors import finding as read

_LONGEST = 40


def reindex(now: datetime) -> int:
    """Make the index anew from every listing on show; return how many there are."""
    return engine.rebuild(environment.read().search, read.entries(now))


def note(listing_ids: Iterable[str], now: datetime) -> bool:
    """Bring some listings of the index up to date; ``False``: there is none, or no index yet."""
    every = set(Listing.objects.filter(id__in=set(listing_ids)).values_list("id", flat=True))
    if not every or not engine.exists(environment.read().search):
        return False
    shown = list(read.entries(now, every))
    gone = every - {entry.id for entry in shown}
    return engine.put(environment.read().search, shown, gone)


def count(words: str, hits: int, person: Person, now: datetime) -> None:
    """Count that somebody of a department looked for some words; nobody's name is kept."""
    told = " ".join(plain(words).split())
    if not told or len(told) > _LONGEST or any(sign.isdigit() for sign in told):
        return  # numbers may be somebody's
    day, mine = (
        district_day(now),
        Searched.objects.filter(words=told, department_id=person.department),
    )
    if mine.filter(day=day).update(times=F("times") + 1, hits=hits):
        return
    try:
        with transaction.atomic():
            Searched.objects.create(
                words=told, department_id=person.department, day=day, times=1, hits=hits
            )
    except IntegrityError:  # another one was first
        mine.filter(day=day).update(times=F("times") + 1, hits=hits)


def forget_old(now: datetime, days: int = 90) -> int:
    """Forget what was looked for long ago; return how many lines."""
    last = district_day(now) - timedelta(days=days)
    gone, _ = Searched.objects.filter(day__lt=last).delete()
    return gone

"""Finding listings, for pages and for whoever keeps the index in step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from duokua.engine import finding as engine
from duokua.identity.facade import Person
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.kernel.text import Text
from duokua.store.actions import finding as keeping
from duokua.store.selectors import finding as read
from duokua.store.values.finding import Card, Question, Results


@dataclass(frozen=True, slots=True)
class StoreHome:
    """What the store's home shows."""

    kinds: dict[str, int]
    domains: dict[str, int]
    hot: list[str]
    used: tuple[Card, ...]
    newest: tuple[Card, ...]


def ensure_index(now: datetime) -> None:
    """Make the index where there is none of the present form."""
    if not engine.exists(environment.read().search):
        keeping.reindex(now)


def find(question: Question, person: Person, *, now: datetime) -> Results:
    """Return what fits; from the first page the words are counted for the department."""
    ensure_index(now)
    found = read.results(question, person)
    if question.page == 1 and question.words and not question.filters:
        keeping.count(question.words, 0 if found.loose else found.total, person, now)
    return found


def found_ids(question: Question, person: Person, *, now: datetime, limit: int) -> tuple[Card, ...]:
    """Return everything that fits, for exporting, up to ``limit``."""
    ensure_index(now)
    told = read.wanted(question, person.department, limit)
    found = engine.find(environment.read().search, told)
    return read.cards(found.ids, told.asked, person.department)


def suggest(words: str, person: Person, *, now: datetime) -> list[tuple[str, Text]]:
    """Return id and title of what somebody may mean while they type."""
    ensure_index(now)
    return read.suggestions(words, person.department)


def store_home(person: Person, *, now: datetime) -> StoreHome:
    """Return what the store's home shows to somebody."""
    ensure_index(now)
    counted = read.counted(person.department)
    return StoreHome(
        kinds=counted.get("kind", {}),
        domains=counted.get("domain", {}),
        hot=read.hot(person.department, district_day(now)),
        used=read.most(person.department, "used", 6),
        newest=read.most(person.department, "newest", 6),
    )


def reindex(now: datetime) -> int:
    """Make the whole index anew; return how many listings it has."""
    return keeping.reindex(now)


def note_changed(listing_ids: Iterable[str], now: datetime) -> bool:
    """Bring some listings up to date in the index."""
    return keeping.note(listing_ids, now)


def forget_searches(now: datetime) -> int:
    """Forget what was looked for long ago."""
    return keeping.forget_old(now)

"""What the portal's home page and the pages of the five domains ask of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from duokua.identity.facade import Person
from duokua.store.selectors import home
from duokua.store.values.home import Domain, Shown, Todo


def domains(department: str | None) -> list[Domain]:
    """Return the five domains with what people of a department see in each; ``None``: visitors."""
    return home.domains(department)


def listings_of_domain(domain: str, department: str, *, limit: int = 30) -> list[Shown]:
    """Return what people of a department see in a domain, most used first."""
    return home.of_domain(domain, department, limit)


def followed_listings(person: Person, *, limit: int = 5) -> list[Shown]:
    """Return what a person follows, newest first."""
    return home.followed(person, limit)


def listings_in_order(ids: Sequence[str], department: str) -> list[Shown]:
    """Return those listings that people of a department may see, in the order of ``ids``."""
    return home.named(list(ids), department)


def suggested_listings(person: Person, *, limit: int = 3) -> list[Shown]:
    """Return what a newcomer may begin with: the most used of other departments."""
    return home.suggested(person, limit)


def successors(listing_id: str, person: Person, *, limit: int = 200) -> list[Shown]:
    """Return what may follow on a listing that goes: one's own first, then most used first."""
    return home.successors(listing_id, person.department, limit)


def todos(person: Person, *, now: datetime) -> list[Todo]:
    """Return what waits for a person; what nothing waits in is left out."""
    return home.todos(person, now)

"""What the portal's home page shows of the store."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the five domains (五大领域) with what is on show in it."""

    name: str
    title: Text
    listings: int = 0
    owners: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits for a person (待办): what, how many, of these late, and where."""

    kind: str
    title: Text
    count: int
    url: str
    late: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A listing in a list: its title, its owner, its level, its calls of 30 days."""

    id: str
    title: Text
    owner: str
    owner_name: Text
    level: str
    share_class: str
    quality: int | None  # percent
    heat: int

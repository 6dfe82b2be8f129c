"""What a channel has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from duokua.kernel.text import Text


class Undeliverable(Exception):
    """The letter could not be handed over now; it is tried again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter; ``key`` is the same each time that it is tried."""

    key: str
    title: Text
    body: Text
    link: str


class Channel(Protocol):
    """Carries letters to places of its kind."""

    def on(self) -> bool:
        """Tell whether the installation has set it up."""

    def reaches(self, place: str) -> bool:
        """Tell whether ``place`` is one of its kind."""

    def send(self, place: str, letter: Outgoing) -> None:
        """Hand a letter over.

        :raises Undeliverable: it was not taken.
        """

"""Older major versions (旧主版本) that are live beside the newest: ``/data/{id}@1``.

A grant is of one major version. A caller who asks for ``/data/{id}`` gets the newest that they hold:
whoever was granted the older one goes on as before, and is told what follows it.
"""

from __future__ import annotations

from collections.abc import Callable

from duokua.lang.grant import Grant
from duokua.lang.interface import base_id

Held = Callable[[str], tuple[Grant, ...]]


class Versions:
    """The ids of older versions by that of the newest."""

    def __init__(self) -> None:
        self._older: dict[str, tuple[str, ...]] = {}

    def take(self, id_: str, *, there: bool) -> None:
        """Note that a record of an interface was put or taken away."""
        base = base_id(id_)
        if base == id_:
            return
        known = {each for each in self._older.get(base, ()) if each != id_}
        known |= {id_} if there else set()
        self._older[base] = tuple(sorted(known, key=_number, reverse=True))

    def held(self, id_: str, of: Held) -> tuple[str, tuple[Grant, ...]]:
        """Return the newest version of ``id_`` that is held, and the grants on it."""
        grants = of(id_)
        if not grants:
            for older in self._older.get(id_, ()):
                if found := of(older):
                    return older, found
        return id_, grants


def _number(id_: str) -> int:
    return int(id_.rpartition("@")[2])

"""The grants of a snapshot: where each belongs is in memory, what it says is read when it is needed.

A district has a hundred thousand of them, and most gateways meet few: reading all at every start
would take longer than anybody waits for a gateway.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from sys import intern

from duokua.lang.contract import Column
from duokua.lang.grant import Grant, grant_from_json
from duokua.serving.policy import Move, PolicyStore
from duokua.serving.problems import Refusal

_MOST_READ = 50_000
_NONE: dict[str, tuple[str, ...]] = {}
_log = logging.getLogger("duokua.serving")

Columns = Callable[[str], dict[str, Column]]  # of an interface's contract


class Moved(Exception):
    """A grant has changed in the store since the snapshot's version; the next poll takes it over."""


class Grants(Mapping[str, Grant]):
    """The grants by id; one that cannot be read allows nothing and is as if it were not there.

    ``len`` counts those of the snapshot at once; iterating reads each of them.
    """

    def __init__(self, store: PolicyStore, columns: Columns) -> None:
        self._store = store
        self._columns = columns
        self._places: dict[str, tuple[str, str]] = {}
        self._held: dict[str, dict[str, tuple[str, ...]]] = {}
        self._read: dict[str, Grant | None] = {}
        self.version = 0

    def take(self, moves: Iterable[Move]) -> None:
        """Take over which grants were put or taken away."""
        places, known = self._places, self._held
        for id_, client, interface in moves:
            self._read.pop(id_, None)
            if id_ in places:
                self._release(id_, *places.pop(id_))
            if client is not None and interface is not None:
                client, interface = place = intern(client), intern(interface)
                places[id_] = place
                held = known.get(client)
                if held is None:
                    held = known[client] = {}
                others = held.get(interface)
                held[interface] = (id_,) if others is None else (*others, id_)

    def _release(self, id_: str, client: str, interface: str) -> None:
        held = self._held[client]
        left = tuple(each for each in held[interface] if each != id_)
        if left:
            held[interface] = left
        else:
            del held[interface]
        if not held:
            del self._held[client]

    def __getitem__(self, id_: str) -> Grant:
        """Return a grant.

        :raises KeyError: there is none, it cannot be read, or it has changed meanwhile.
        """
        if id_ not in self._places:
            raise KeyError(id_)
        try:
            found = self._load(id_)
        except Moved:
            found = None
        if found is None:
            raise KeyError(id_)
        return found

    def __iter__(self) -> Iterator[str]:
        return (id_ for id_ in list(self._places) if self.get(id_) is not None)

    def __len__(self) -> int:
        return len(self._places)

    def of(self, client: str, interface: str) -> tuple[Grant, ...]:
        """Return what a client holds on an interface.

        :raises Refusal: ``unavailable``: one of them has changed this moment.
        """
        return tuple(self._loaded(self._held.get(client, _NONE).get(interface, ())))

    def of_client(self, client: str) -> Iterator[Grant]:
        """Yield everything that a client holds.

        :raises Refusal: as :meth:`of`.
        """
        for ids in list(self._held.get(client, _NONE).values()):
            yield from self._loaded(ids)

    def _loaded(self, ids: tuple[str, ...]) -> Iterator[Grant]:
        try:
            for id_ in ids:
                found = self._load(id_)
                if found is not None:
                    yield found
        except Moved:
            raise Refusal("unavailable", part="policy", retry_after=1) from None

    def _load(self, id_: str) -> Grant | None:
        """Return a grant as of the snapshot's version, ``None`` if it cannot be read.

        :raises Moved: it is another one by now; a receipt would name the wrong version for it.
        """
        if id_ in self._read:
            return self._read[id_]
        body, version = self._store.body("grant", id_)
        if version > self.version:
            raise Moved
        if len(self._read) >= _MOST_READ:
            self._read.clear()
        try:
            found = grant_from_json(body or {}, self._columns(self._places[id_][1]))
        except (KeyError, TypeError, ValueError) as error:
            # One grant that cannot be read allows nothing, and does not keep others from serving.
            _log.error("grant left out", extra={"grant": id_, "error": type(error).__name__})
            found = None
        self._read[id_] = found
        return found

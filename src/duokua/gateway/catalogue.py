"""``GET /data/`` and ``/data/openapi.json``: what is open to this caller, and nothing else.

Both tell of what the token at hand may call: grants of its purpose that are valid now, and what is
open to all. An answer is kept until the policy or an index moves, or a grant begins or ends.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs

from duokua.gateway import replies
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.text import Language, preferred_language
from duokua.lang.grant import Grant
from duokua.serving.openapi import Described, describe, document, entry
from duokua.serving.plan import Served
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.service import Serving
from duokua.serving.tokens import Claims

_PAGE = 100
_MAX_PAGE = 1000
_KEPT = 32  # answers; one of 522 interfaces has some megabytes
_PARTS = 5_000  # descriptions of one interface under one grant
_AT_ONCE = 16  # interfaces described before others get their turn
_NEVER = 4_102_444_800.0  # 2100-01-01
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Part:
    """How an interface was described under a grant; good while both are the same objects."""

    served: Served
    grant: Grant | None
    told: Described


@dataclass(frozen=True, slots=True)
class Open:
    """What is open to a caller: a grant by interface, and until when that is so."""

    grants: dict[str, Grant | None]  # None: the built-in grant of everybody
    until: float


class Catalogue:
    """Lists interfaces by name; the cursor is the last name of the page before."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._open: Kept[Open] = Kept()
        self._documents: Kept[bytes] = Kept()
        self._parts: dict[tuple[str, str, str], _Part] = {}

    def interfaces(self, scope: Scope, proto: HTTPProtocol, token: str | None, now: float) -> None:
        """Answer ``GET /data/?q=&after=&limit=``."""
        query = {name: values[-1] for name, values in parse_qs(scope.query_string).items()}
        limit = query.get("limit", str(_PAGE))
        if not limit.isdecimal() or len(limit) > 6 or not 0 < int(limit) <= _MAX_PAGE:
            raise bad_parameter("limit", "limit 有误", "limit is wrong",
                                f"请填 1 至 {_MAX_PAGE}", f"give 1 to {_MAX_PAGE}")  # fmt: skip
        language = preferred_language(scope.headers.get("accept-language"))
        found, _ = self._caller(token, now)
        entries: list[dict[str, Any]] = []
        for name in self._fitting(found, query.get("q", ""), query.get("after", "")):
            if len(entries) == int(limit):
                replies.json(proto, {"interfaces": entries, "next": entries[-1]["interface"]})
                return
            served = self._serving.state.interfaces[name]
            entries.append(entry(served, found.grants[name], language))
        replies.json(proto, {"interfaces": entries, "next": None})

    def _fitting(self, found: Open, wanted: str, after: str) -> Iterator[str]:
        text = wanted.casefold()
        for name in found.grants:
            title = self._serving.state.interfaces[name].interface.title
            if name > after and text in f"{name} {title.zh} {title.en}".casefold():
                yield name

    async def openapi(
        self, scope: Scope, proto: HTTPProtocol, token: str | None, now: float
    ) -> None:
        """Answer ``GET /data/openapi.json``."""
        language = preferred_language(scope.headers.get("accept-language"))
        server = f"{scope.scheme}://{scope.headers.get('host', '')}"
        found, caller = self._caller(token, now)
        epoch, key = self._serving.state.epoch, (*caller, language, server)
        body = self._documents.look(key, epoch, now)
        if body is None:
            plans = await self._plans(found, language)
            body = document(plans, server=server, language=language)
            self._documents.keep(key, epoch, found.until, body)
        replies.raw_json(proto, body)

    async def _plans(self, found: Open, language: Language) -> list[Described]:
        """Describe each interface once; hundreds of them must not hold up everybody else."""
        told = []
        for number, (name, grant) in enumerate(found.grants.items()):
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            described = self._described(name, grant, language)
            if described is not None:
                told.append(described)
        return told

    def _described(self, name: str, grant: Grant | None, language: Language) -> Described | None:
        state = self._serving.state
        served = state.interfaces.get(name)
        if served is None:
            return None  # it went a moment ago
        key = (grant.id if grant else "", name, language)
        known = self._parts.get(key)
        if known is not None and known.grant is grant and known.served is served:
            return known.told
        try:
            plan = state.described(grant or state.open_grant(name))
        except Refusal:
            return None  # the interface has come to tell what the grant hides
        if len(self._parts) >= _PARTS:
            self._parts.clear()
        told = describe(plan, language)
        self._parts[key] = _Part(served, grant, told)
        return told

    def _caller(self, token: str | None, now: float) -> tuple[Open, tuple[str, ...]]:
        claims = None if token is None else self._serving.claims(token, now)
        caller = () if claims is None else (claims.client, claims.purpose, claims.grant or "")
        epoch = self._serving.state.epoch
        found = self._open.look(caller, epoch, now)
        if found is None:
            found = self._look(claims, now)
            self._open.keep(caller, epoch, found.until, found)
        return found, caller

    def _look(self, claims: Claims | None, now: float) -> Open:
        state = self._serving.state
        grants: dict[str, Grant | None] = {
            name: None for name, served in state.interfaces.items() if served.interface.open
        }
        until = _NEVER
        for grant in self._held(claims):
            if grant.valid_from <= now < grant.valid_until and grant.interface in state.interfaces:
                grants[grant.interface] = grant
            until = min([until, *(at for at in (grant.valid_from, grant.valid_until) if at > now)])
        return Open({name: grants[name] for name in sorted(grants)}, until)

    def _held(self, claims: Claims | None) -> Iterator[Grant]:
        """Yield the grants that a token may be used under, whenever they are valid."""
        if claims is None:
            return
        for grant in self._serving.state.grants.of_client(claims.client):
            if grant.purpose == claims.purpose and claims.grant in (None, grant.id):
                yield grant


class Kept(Generic[T]):
    """The newest answers, each good for one epoch of the policy and until an instant."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], tuple[int, float, T]] = OrderedDict()

    def look(self, key: tuple[str, ...], epoch: int, now: float) -> T | None:
        """Return what is kept under a key, if it still holds."""
        known = self._known.get(key)
        return known[2] if known and known[0] == epoch and now < known[1] else None

    def keep(self, key: tuple[str, ...], epoch: int, until: float, value: T) -> None:
        """Keep an answer; the oldest goes."""
        self._known[key] = (epoch, until, value)
        self._known.move_to_end(key)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)

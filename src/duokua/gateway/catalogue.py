"""``GET /data/`` and ``/data/openapi.json``: what is open to this caller, and nothing else."""

from __future__ import annotations

from urllib.parse import parse_qs

from duokua.gateway import replies
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.text import preferred_language
from duokua.lang.grant import Grant
from duokua.serving import openapi
from duokua.serving.plan import Plan
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.service import Serving

_PAGE = 100
_MAX_PAGE = 1000


class Catalogue:
    """Lists interfaces by name; the cursor is the last name of the page before."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def interfaces(self, scope: Scope, proto: HTTPProtocol, token: str | None, now: float) -> None:
        """Answer ``GET /data/?q=&after=&limit=``."""
        query = {name: values[-1] for name, values in parse_qs(scope.query_string).items()}
        limit = query.get("limit", str(_PAGE))
        if not limit.isdecimal() or len(limit) > 6 or not 0 < int(limit) <= _MAX_PAGE:
            raise bad_parameter("limit", "limit 有误", "limit is wrong",
                                f"请填 1 至 {_MAX_PAGE}", f"give 1 to {_MAX_PAGE}")  # fmt: skip
        language = preferred_language(scope.headers.get("accept-language"))
        wanted = query.get("q", "").casefold()
        entries = []
        for name in self._names(token, now):
            if name <= query.get("after", ""):
                continue
            served = self._serving.state.interfaces[name]
            title = served.interface.title
            if wanted in f"{name} {title.zh} {title.en}".casefold():
                entries.append(openapi.entry(served, language))
            if len(entries) > int(limit):
                break
        more = len(entries) > int(limit)
        shown = entries[: int(limit)]
        after = shown[-1]["interface"] if more else None
        replies.json(proto, {"interfaces": shown, "next": after})

    def openapi(self, scope: Scope, proto: HTTPProtocol, token: str | None, now: float) -> None:
        """Answer ``GET /data/openapi.json``."""
        language = preferred_language(scope.headers.get("accept-language"))
        server = f"{scope.scheme}://{scope.headers.get('host', '')}"
        plans = [plan for name in self._names(token, now) for plan in self._plans(name, token, now)]
        replies.json(proto, openapi.document(plans, server=server, language=language))

    def _names(self, token: str | None, now: float) -> list[str]:
        state = self._serving.state
        names = {name for name, served in state.interfaces.items() if served.interface.open}
        if token is not None:
            claims = self._serving.claims(token, now)
            names |= {
                grant.interface
                for grant in state.grants.of_client(claims.client)
                if _live(grant, now)
            }
        return sorted(names)

    def _plans(self, name: str, token: str | None, now: float) -> list[Plan]:
        try:
            return [self._serving.seat(token, name, now).plan]
        except Refusal:
            return []  # granted for another purpose than this token's, or without data yet


def _live(grant: Grant, now: float) -> bool:
    return grant.valid_from <= now < grant.valid_until

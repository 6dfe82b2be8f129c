"""Whom a refusal met (拒绝计数): counted by code, interface and program, none of them made up.

What a stranger writes into a path or a token never becomes a name here: an interface counts when it
is published, a program when its token is sound.
"""

from __future__ import annotations

from duokua.gateway.rsgi import Scope
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving
from duokua.serving.tally import Caller
from duokua.serving.tokens import PROBE

_DATA = "/data/"
_NOBODY = Caller()


def count(serving: Serving, scope: Scope, code: str, now: float) -> None:
    """Count a refusal of a governed call or of a token; others are none of metering."""
    if scope.path.startswith(_DATA) or scope.path == "/oauth/token":
        caller = _caller(serving, scope, now)
        if caller is not None:
            serving.tallies.refuse(caller, code)


def _caller(serving: Serving, scope: Scope, now: float) -> Caller | None:
    """Return whom a refusal meets; ``None``: a probe, which is to be refused now and then."""
    called = scope.path[len(_DATA) :].partition("/")[0]
    interface = called if called in serving.state.interfaces else ""
    token = (scope.headers.get("authorization") or "").removeprefix("Bearer ")
    if not token or not scope.path.startswith(_DATA):
        return Caller(interface) if interface else _NOBODY
    try:
        claims = serving.claims(token, now)
        grants = serving.state.grants.of(claims.client, interface)
    except Refusal:
        return Caller(interface)
    if claims.person == PROBE:
        return None
    client = serving.state.clients[claims.client]
    grant = next((each.id for each in grants if each.purpose == claims.purpose), "")
    return Caller(interface, grant, client.id, client.department)

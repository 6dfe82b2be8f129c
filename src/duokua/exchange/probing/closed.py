"""Probing a grant that was taken away (收回探测): the same credential is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from duokua.exchange import selectors
from duokua.exchange.models import Grant
from duokua.exchange.probing import credential
from duokua.exchange.probing.door import Door, open_door
from duokua.exchange.probing.values import Ask, Check, Probed, refused
from duokua.exchange.states import GrantState
from duokua.kernel import clock


def probe_closed(grant_id: str, *, now: datetime) -> Probed:
    """Probe a grant that was revoked, suspended or has ended: nothing is answered under it.

    :raises NotFound: there is no such grant.
    :raises Unavailable: the gateway does not answer, or did not take over the policy in time.
    """
    begun = time.perf_counter()
    row = selectors.grant_row(grant_id)
    with open_door() as door:
        checks = tuple(_checks(door, row))
        way = door.way
    return Probed(way, checks, round((time.perf_counter() - begun) * 1000))


def _checks(door: Door, row: Grant) -> Iterator[Check]:
    """Check a token of the program and one that is bound to this very grant.

    The program's own is answered where another grant of the same purpose has taken over, or where
    the interface is open to all: only the bound one tells then.
    """
    present = clock.now()
    if row.interface.open:
        yield Check("bound", "open", "open", passed=True)
        return
    bound = credential.token(row.client_id, row.purpose, now=present, grant=row.id)
    yield refused("bound", door.ask(Ask(row.interface_id, token=bound)), 401, 403, 404, 410)
    key = credential.key_of(row.client_id, present)
    if key is not None and not _succeeded(row):
        token = credential.token(row.client_id, row.purpose, now=present, key=key)
        seen = door.ask(Ask(row.interface_id, token=token))
        yield refused("credential", seen, 401, 403, 404, 410)


def _succeeded(row: Grant) -> bool:
    others = Grant.objects.filter(
        client_id=row.client_id, interface_id=row.interface_id, purpose=row.purpose
    )
    return others.filter(state=GrantState.ACTIVE).exclude(id=row.id).exists()

"""Removing a pack (移除): its rules stop and its grants are given back; cases and data stay."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.exchange import facade as exchange
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.loop.facade import rules
from duokua.pack import selectors
from duokua.pack.actions import datasets, reading_grants
from duokua.pack.actions.trusting import LOCK
from duokua.pack.models import Installation
from duokua.pack.states import PackState


def remove(pack_id: str, *, data: bool = False, by: str, now: datetime) -> tuple[str, ...]:
    """Remove a pack; with ``data`` its made-up samples go, too. Doing it again finishes it.

    Return the datasets whose sample rows could not be taken out, since other rows replaced them.

    :raises NotFound: it was never installed.
    :raises Conflict: another pack needs it.
    :raises Unavailable: a gateway did not confirm in time; doing it again goes on.
    """
    with exclusive(environment.read().home / LOCK):
        row = selectors.row(pack_id)
        if row.state == PackState.REMOVED:
            return ()
        _check_needed(pack_id)
        Installation.objects.filter(pack=pack_id).update(state=PackState.REMOVING, changed_at=now)
        with suppress(NotFound):  # its installation was cut short, or this is done again
            rules.retire(pack_id, by=by, now=now)
        reason = "pack removed 移除场景包"
        reading_grants.give_back(row, frozenset(), reason=reason, by=by, now=now)
        if any(each.id == row.client and each.active for each in exchange.clients_of(row.owner_id)):
            exchange.disable_client(row.client, by=by, now=now)
        pack = selectors.pack_of(row)
        left = datasets.take_samples_out(pack, by=by, now=now) if data else ()
        _finish(row, data, by, now)
    return left


def _check_needed(pack_id: str) -> None:
    others = Installation.objects.filter(state=PackState.INSTALLED).exclude(pack=pack_id)
    needing = [each.pack for each in others if pack_id in selectors.pack_of(each).manifest.requires]
    if needing:
        names = ", ".join(sorted(needing))
        raise Conflict(
            Text(f"场景包 {names} 依赖它", f"{names} needs it"),
            Text("请先移除依赖它的场景包", "remove what needs it first"),
        )


def _finish(row: Installation, data: bool, by: str, now: datetime) -> None:
    with transaction.atomic():
        changed = Installation.objects.filter(pack=row.pack, state=PackState.REMOVING).update(
            state=PackState.REMOVED, changed_at=now
        )
        if changed:
            detail = {"version": row.version, "data": data}
            audit.record("pack.removed", by=by, of=row.pack, at=now, detail=detail)

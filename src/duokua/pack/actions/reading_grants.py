"""What a pack's program is granted (场景包授权): its own department's data at once, others' on request."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import DuokuaError, NotFound
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.pack import Pack
from duokua.pack import selectors
from duokua.pack.models import Installation
from duokua.pack.values import GRANTED, MISSING, OPEN, Need
from duokua.store import facade as store
from duokua.store.facade import asking
from duokua.store.values.request import Ask

_LASTING = timedelta(days=5 * 365)
_ROW_CAP = 5_000_000  # rules judge whole datasets
_ENDED = frozenset(
    ("refused", "withdrawn", "failed", "revoked", "expired", "given_back", "archived")
)


def open_own(pack: Pack, row: Installation, *, by: str, now: datetime) -> None:
    """Open the grants on what the owning department owns itself, or what is open to all.

    With the rows of its own goes the feed of their changes, where one shows the same columns. Grants
    that are there stay.

    :raises Invalid: the manifest asks for columns that the interface does not have.
    """
    read = {each.table: each for each in pack.manifest.consumes}
    narrow = {each.grant.interface: each.grant.id for each in selectors.live_grants(pack, row, now)}
    orders = []
    for need in selectors.needs(pack, row, now):
        own = need.owner == pack.manifest.owner
        columns = selectors.columns_of(pack, read[need.table])
        if need.standing == OPEN or (need.standing == MISSING and own):
            if need.interface in narrow:  # of an earlier version, which read less
                reason = "wider grant follows 改授更多字段"
                exchange.revoke_grant(narrow[need.interface], reason=reason, by=by, now=now)
            orders.append(_order(pack, row.client, need.interface, columns, now))
        if own or need.standing == GRANTED:
            orders += [
                _order(pack, row.client, feed, columns, now)
                for feed in selectors.feeds_of(pack, need.interface, columns)
            ]
    exchange.open_grants(orders, by=by, now=now)


def _order(
    pack: Pack, client: str, interface: str, columns: tuple[str, ...], now: datetime
) -> exchange.GrantOrder:
    return exchange.GrantOrder(
        client=client,
        interface=interface,
        purpose=pack.manifest.purpose,
        basis=pack.manifest.basis.zh,
        valid_until=now + _LASTING,
        columns=columns,
        row_cap=_ROW_CAP,
    )


def draft_others(pack: Pack, row: Installation, *, now: datetime) -> None:
    """Draft a request in the store for each table of another department, by a steward of the owner.

    What is drafted waits for people: they read, complete and submit it. Where the department has no
    steward, or the data are not on offer, the pack's page says what is missing.
    """
    people = identity.stewards(pack.manifest.owner)
    read = {each.table: each for each in pack.manifest.consumes}
    drafted = dict(row.drafted)
    for need in selectors.needs(pack, row, now):
        if need.standing == MISSING and need.listing and people and not _asked(need):
            made = _draft(pack, row.client, read[need.table], need, people[0], now)
            if made:
                drafted[need.table] = made
    if drafted != row.drafted:
        Installation.objects.filter(pack=row.pack).update(drafted=drafted)
        row.drafted = drafted


def _asked(need: Need) -> bool:
    """Tell whether a request for it is under way."""
    if not need.request:
        return False
    try:
        return store.request(need.request).state not in _ENDED
    except NotFound:
        return False


def _draft(
    pack: Pack, client: str, read: Consumed, need: Need, person: identity.Person, now: datetime
) -> str:
    manifest = pack.manifest
    try:
        made = asking.draft_request(need.listing, read.interface, person, now=now)
        of = asking.requested(made, person)
    except DuokuaError:  # not shared, or not to be seen by this department: the page says so
        return ""
    ask = Ask(
        purpose=manifest.purpose[:120],
        basis=manifest.basis.zh[:200],
        scenario=manifest.title.zh,
        explanation=manifest.description.zh[:1000],
        columns=selectors.columns_of(pack, read),
        row_cap=_ROW_CAP,
        valid_until=of.info.ask.valid_until,
    )
    asking.save_step(of, ask, person, interface=read.interface, client=client, now=now)
    return made


def give_back(
    row: Installation, keep: frozenset[str], *, reason: str, by: str, now: datetime
) -> None:
    """Give back (归还) the program's live grants on interfaces that are not kept.

    :raises Unavailable: a gateway did not confirm in time; doing it again goes on.
    """
    for each in exchange.grants(client=row.client, now=now):
        live = each.revoked_at is None and each.state in ("active", "future", "suspended")
        if live and each.grant.interface not in keep:
            exchange.revoke_grant(each.grant.id, reason=reason, by=by, now=now)

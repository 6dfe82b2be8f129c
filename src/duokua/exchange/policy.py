"""Compiling the policy (策略编译): what the database says becomes what gateways serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from duokua.exchange.models import Client, Grant, Interface
from duokua.exchange.states import GrantState
from duokua.identity import facade as identity
from duokua.kernel import environment
from duokua.lake import facade as lake
from duokua.lang.codec import contract_to_json, interface_from_json
from duokua.lang.contract import Contract
from duokua.lang.grant import Client as ServedClient
from duokua.lang.grant import Key, client_to_json
from duokua.lang.interface import not_for_all
from duokua.serving.policy import Change, PolicyStore


@contextmanager
def store() -> Iterator[PolicyStore]:
    """Open the policy store of this installation."""
    opened = PolicyStore(environment.read().policy)
    try:
        yield opened
    finally:
        opened.close()


def publish(changes: Iterable[Change]) -> int:
    """Hand changes to the gateways; return the version that carries them."""
    with store() as policy:
        return policy.publish(changes)


def take_away(change: Change) -> tuple[int, float]:
    """Hand over what takes access away; return its version and the seconds until it held.

    :raises Unavailable: a gateway did not confirm in time; it is published all the same.
    """
    return take_all_away([change])


def take_all_away(changes: Iterable[Change]) -> tuple[int, float]:
    """Do what :func:`take_away` does with several; the store is locked when they are made."""
    with store() as policy:
        version = policy.publish(changes)
        return version, policy.await_confirmation(version)


def interface_change(row: Interface, contract: Contract) -> Change:
    """Return the record of an interface.

    One that was open is not any more once a later contract classifies what it shows.
    """
    body = row.body
    if body["open"] and not_for_all(interface_from_json(body), contract):
        body = {**body, "open": False}
    return Change("interface", row.id, {"interface": body, "contract": contract_to_json(contract)})


def client_change(row: Client) -> Change:
    """Return the record of a client; one that is switched off is taken away."""
    if not row.active:
        return Change("client", row.id, None)
    keys = tuple(
        Key(f"k{key.number}", key.secret_hash, key.until.timestamp() if key.until else None)
        for key in row.keys.all()
        if key.revoked_at is None
    )
    told = ServedClient(row.id, row.department_id, row.title, keys)
    return Change("client", row.id, client_to_json(told))


def client_now(client_id: str) -> Iterator[Change]:
    """Yield the record of a client as it is when the policy store asks, which it does locked.

    Read before that, it could bring back a key that somebody revoked in between.
    """
    yield client_change(Client.objects.prefetch_related("keys").get(id=client_id))


def grant_change(row: Grant) -> Change:
    """Return the record of a grant; a revoked one is taken away."""
    return Change("grant", row.id, row.body if row.state == GrantState.ACTIVE else None)


def interfaces_now(ids: Iterable[str]) -> Iterator[Change]:
    """Yield the records of interfaces as they are when the policy store asks, which it does locked.

    Read before that, one could bring back what a later version or contract has taken away.
    """
    rows = Interface.objects.in_bulk(list(ids))
    contracts = lake.contracts(frozenset(row.dataset_id for row in rows.values()))
    for row in rows.values():
        yield interface_change(row, contracts[row.dataset_id])


def grants_now(ids: Iterable[str]) -> Iterator[Change]:
    """Yield the records of grants in the same way: one may have been revoked meanwhile."""
    for row in Grant.objects.in_bulk(list(ids)).values():
        yield grant_change(row)


def person_change(username: str) -> Change:
    """Return the record that makes gateways refuse a person's tokens."""
    return Change("person", username, {"disabled": True})


def people_now(usernames: Iterable[str]) -> Iterator[Change]:
    """Yield the records of people as they are when the policy store asks: refused, or let in."""
    refused = set(identity.disabled_people())
    for username in usernames:
        yield Change("person", username, {"disabled": True} if username in refused else None)


def everything() -> Iterator[Change]:
    """Yield the record of everything, to mend what a crash left between database and gateways."""
    rows = list(Interface.objects.all())
    contracts = lake.contracts(frozenset(row.dataset_id for row in rows))
    for row in rows:
        yield interface_change(row, contracts[row.dataset_id])
    for client in Client.objects.prefetch_related("keys").iterator(chunk_size=1000):
        yield client_change(client)
    for grant in Grant.objects.iterator():
        yield grant_change(grant)
    for username in identity.disabled_people():
        yield person_change(username)


def drift() -> int:
    """Return how many records gateways hold otherwise than the database says."""
    with store() as opened:
        return opened.differences(everything())

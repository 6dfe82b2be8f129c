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
    body = {
        "id": row.id,
        "department": row.department_id,
        "title": row.title,
        "secret_hash": row.secret_hash,
    }
    return Change("client", row.id, body)


def grant_change(row: Grant) -> Change:
    """Return the record of a grant; a revoked one is taken away."""
    return Change("grant", row.id, row.body if row.state == GrantState.ACTIVE else None)


def person_change(username: str) -> Change:
    """Return the record that makes gateways refuse a person's tokens."""
    return Change("person", username, {"disabled": True})


def everything() -> Iterator[Change]:
    """Yield the record of everything, to mend what a crash left between database and gateways."""
    rows = list(Interface.objects.all())
    contracts = lake.contracts(frozenset(row.dataset_id for row in rows))
    for row in rows:
        yield interface_change(row, contracts[row.dataset_id])
    for client in Client.objects.iterator():
        yield client_change(client)
    for grant in Grant.objects.iterator():
        yield grant_change(grant)
    for username in identity.disabled_people():
        yield person_change(username)


def drift() -> int:
    """Return how many records gateways hold otherwise than the database says."""
    with store() as opened:
        return opened.differences(everything())

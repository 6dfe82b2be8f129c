"""Publishing and granting many at once (批量发布与授权): one transaction and one policy version.

What is new goes in together; whatever is there already is left to the verbs of :mod:`.actions`, which
know what a further version may change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connection, transaction

from duokua.audit import facade as audit
from duokua.exchange import actions, indexing, orders, policy, selectors
from duokua.exchange.models import Client, Grant, Interface
from duokua.exchange.states import GrantState
from duokua.exchange.values import GrantOrder
from duokua.lake import facade as lake
from duokua.lang import grant as lang
from duokua.lang.codec import interface_from_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface as Declaration
from duokua.lang.interface_file import load_interface, named_dataset

Progress = Callable[[int, int], None]
_AT_A_TIME = 2  # indexes that are built side by side
_AT_ONCE = 64  # interfaces of one transaction: a crash loses no more than the work on these


def publish_interfaces(
    files: Sequence[tuple[str, str]], *, by: str, now: datetime, progress: Progress | None = None
) -> int:
    """Publish interface files, each its name and text; return how many were not there before.

    On return every gateway serves them. One that is there already in the same declaration is left
    as it is; one that differs is a further version, published by itself.

    :raises Invalid: naming every fault of the first file that is wrong.
    :raises NotFound: a dataset is not registered.
    """
    fresh = 0
    for begin in range(0, len(files), _AT_ONCE):
        fresh += _publish(files[begin : begin + _AT_ONCE], by, now)
        if progress:
            progress(min(begin + _AT_ONCE, len(files)), len(files))
    return fresh


def _publish(files: Sequence[tuple[str, str]], by: str, now: datetime) -> int:
    named = {name: named_dataset(text, source=name) for name, text in files}
    contracts = lake.contracts(frozenset(named.values()))
    new: list[tuple[Declaration, Contract]] = []
    for name, text in files:
        contract = contracts.get(named[name]) or lake.contract(named[name])
        declared = load_interface(text, source=name, contract=contract)
        present = Interface.objects.filter(id=declared.id).values_list("body", flat=True).first()
        if present is None:
            new.append((declared, contract))
        elif interface_from_json(present) != declared:
            actions.publish_interface(text, source=name, by=by, now=now)
    if new:
        _add(new, by, now)
    return len(new)


def _add(new: Sequence[tuple[Declaration, Contract]], by: str, now: datetime) -> None:
    _check_cubes([declared for declared, _ in new])
    with transaction.atomic():
        rows = [_row(declared, contract, now) for declared, contract in new]
        Interface.objects.bulk_create(rows)
        told = [(row.id, {"version": row.version, "open": row.open}) for row in rows]
        audit.record_all("exchange.interface.published", told, by=by, at=now)
    if connection.in_atomic_block:  # which other threads do not see into
        for row in rows:
            indexing.refresh(row)
    else:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(_indexed, rows))
    policy.publish(policy.interfaces_now([row.id for row in rows]))


def _indexed(row: Interface) -> None:
    """Build an index in a thread of its own: the engine and SQLite leave Python's lock."""
    try:
        indexing.refresh(row)
    finally:
        connection.close()


def _row(declared: Declaration, contract: Contract, now: datetime) -> Interface:
    return Interface(
        id=declared.id,
        dataset_id=declared.dataset,
        owner_id=contract.owner,
        version=declared.version,
        title_zh=declared.title.zh,
        title_en=declared.title.en,
        open=declared.open,
        body=interface_to_json(declared),
        published_at=now,
    )


def _check_cubes(new: Sequence[Declaration]) -> None:
    for declared in new:
        if declared.cube is not None:
            others = [each for each in new if each.dataset == declared.dataset]
            others += selectors.interfaces_of(declared.dataset)
            orders.check_one_cube(declared, [each for each in others if each.id != declared.id])


def open_grants(
    wanted: Iterable[GrantOrder], *, by: str, now: datetime, progress: Progress | None = None
) -> list[str]:
    """Open several grants at once; return their ids.

    One whose client has a live grant of the same interface and purpose already is left out.

    :raises Invalid: naming every fault of the first order that is wrong.
    :raises NotFound: a client or an interface does not exist.
    """
    active = Grant.objects.filter(state=GrantState.ACTIVE)
    names = "client_id", "interface_id", "purpose"
    live = set(active.filter(valid_until__gt=now).values_list(*names))
    past = set(active.filter(valid_until__lte=now).values_list(*names))
    rows, concerned = [], {}
    for order in wanted:
        key = (order.client, order.interface, order.purpose)
        if key in past:
            past.discard(key)
            actions.open_grant(order, by=by, now=now)  # which notes that the one before has ended
        elif key not in live:
            live.add(key)
            interface, row = _granted(order, by, now)
            rows.append(row)
            if order.row_filter is not None:
                concerned[interface.id] = interface
    with transaction.atomic():
        Grant.objects.bulk_create(rows)
        if rows:
            told = [(row.id, row.body) for row in rows]
            audit.record_all("exchange.grant.opened", told, by=by, at=now)
    for interface in concerned.values():  # a row filter may need a column that it lacks
        indexing.refresh(interface)
    policy.publish(policy.grants_now([row.id for row in rows]))
    if progress:
        progress(len(rows), len(rows))
    return [row.id for row in rows]


def _granted(order: GrantOrder, by: str, now: datetime) -> tuple[Interface, Grant]:
    interface_row = selectors.interface_row(order.interface)
    client: Client = selectors.client_row(order.client)
    contract = lake.contract(interface_row.dataset_id)
    interface = interface_from_json(interface_row.body)
    complete = orders.complete(order, interface, contract)
    orders.check(complete, interface, contract, now)
    grant = actions.grant_of(complete, client, now)
    row = Grant(
        id=grant.id,
        client=client,
        interface=interface_row,
        purpose=grant.purpose,
        body=lang.grant_to_json(grant),
        valid_until=order.valid_until,
        created_at=now,
        created_by=by,
    )
    return interface_row, row

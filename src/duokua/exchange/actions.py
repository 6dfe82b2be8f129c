"""What changes the exchange: each verb checks, writes, tells the gateways and is audited.

What opens access is published after the database has committed: a crash in between leaves too
little. What takes access away is published after it as well, but confirmed before it is acknowledged:
after a crash in between nobody was told that it is done, and doing it again or :func:`synchronize` at
the next start does it.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain

from django.db import IntegrityError, transaction

from duokua.audit import facade as audit
from duokua.exchange import indexing, keys, orders, policy, selectors, versions
from duokua.exchange.models import Client, Grant, Interface
from duokua.exchange.standing import Along, nothing_more
from duokua.exchange.states import GrantState
from duokua.exchange.values import ClientInfo, GrantInfo, GrantOrder, InterfaceInfo, Revocation
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang import grant as lang
from duokua.lang.codec import interface_from_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface as Declaration
from duokua.lang.interface_file import load_interface, named_dataset

_take_away = policy.take_away

audit.register(
    {
        "exchange.interface.published": Text("发布数据接口", "interface published"),
        "exchange.client.created": Text("登记应用", "client registered"),
        "exchange.client.disabled": Text("停用应用", "client disabled"),
        "exchange.grant.opened": Text("开通授权", "grant opened"),
    }
)


def publish_interface(text: str, *, source: str, by: str, now: datetime) -> InterfaceInfo:
    """Publish (发布) an interface from its YAML, or a further version of it.

    On return every gateway serves this version: it may show less than the one before. The one
    before goes on beside a new major version while there are live grants on it, see ``versions``.

    :raises Invalid: naming every fault with file and line, or every grant that would tell values
        which it does not show.
    :raises NotFound: its dataset is not registered.
    :raises Unavailable: a gateway did not confirm in time; the version stands all the same.
    """
    contract = lake.contract(named_dataset(text, source=source))
    interface = load_interface(text, source=source, contract=contract)
    interface, beside = check_interface(interface, contract, now=now)
    moved: list[Grant] = []
    with transaction.atomic():
        if beside:
            kept, moved = versions.keep(interface.id, open_=interface.open, by=by, now=now)
        row, _ = Interface.objects.update_or_create(
            id=interface.id,
            defaults={
                "dataset_id": interface.dataset,
                "owner_id": contract.owner,
                "version": interface.version,
                "title_zh": interface.title.zh,
                "title_en": interface.title.en,
                "open": interface.open,
                "body": interface_to_json(interface),
                "published_at": now,
            },
        )
        closed = versions.close_older(interface)
        audit.record(
            "exchange.interface.published",
            by=by,
            of=interface.id,
            at=now,
            detail={"version": interface.version, "open": interface.open},
        )
    told = (kept, row) if beside else (row,)
    for each in told:
        indexing.refresh(each)
    records = policy.interfaces_now([*(each.id for each in told), *closed])
    policy.take_all_away(chain(records, policy.grants_now(grant.id for grant in moved)))
    return selectors.interface_info(row, contract)


def check_interface(
    interface: Declaration, contract: Contract, *, now: datetime
) -> tuple[Declaration, bool]:
    """Check that an interface can be published over ``contract``; nothing changes.

    Returns it as it is to be stored, and whether the version before goes on beside it.

    :raises Conflict: the interface of that id gives another dataset.
    :raises Invalid: it takes away what live grants use, or would tell what they do not show.
    """
    interface, beside = versions.place(interface, contract, now)
    if not beside:
        orders.check_grants(interface, selectors.live_grants(interface.id, contract, now))
    others = selectors.interfaces_of(interface.dataset)
    orders.check_one_cube(interface, [o for o in others if beside or o.id != interface.id])
    return interface, beside


@transaction.atomic
def create_client(
    *, title: str, department: str, by: str, now: datetime, client_id: str | None = None
) -> tuple[ClientInfo, str]:
    """Register (登记) a program; return it and its secret, which is not kept and not shown again.

    :raises Conflict: the id is taken.
    """
    row = Client(
        id=client_id or new_id("client"),
        department_id=department,
        title=title,
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            secret = keys.first(row, by=by, now=now)
    except IntegrityError:
        raise Conflict(
            Text(
                f"应用“{row.id}”已存在或部门不存在",
                f"client {row.id!r} exists, or no such department",
            ),
            Text("请更换应用编号并核对部门", "choose another id and check the department"),
        ) from None
    audit.record(
        "exchange.client.created", by=by, of=row.id, at=now, detail={"department": department}
    )
    change = policy.client_change(row)
    transaction.on_commit(lambda: policy.publish([change]))
    return selectors.client_info(row), secret


def disable_client(client_id: str, *, by: str, now: datetime) -> Revocation:
    """Switch a program off (停用); acknowledged when no gateway accepts its tokens any more.

    :raises NotFound: there is no such client.
    :raises Unavailable: a gateway did not confirm in time; it is switched off all the same.
    """
    row = selectors.client_row(client_id)
    row.active = False
    with transaction.atomic():
        row.save(update_fields=["active"])
        audit.record("exchange.client.disabled", by=by, of=client_id, at=now)
    version, waited = _take_away(policy.client_change(row))
    return Revocation(client_id, version, waited)


def refuse_person(username: str, *, by: str, now: datetime) -> Revocation:
    """Switch a person off (停用人员) here and at every gateway, where a try may still be open.

    :raises NotFound: there is nobody of that name.
    :raises Unavailable: a gateway did not confirm in time; the person is switched off all the same.
    """
    identity.disable_person(username, by=by, now=now)
    return shut_out(username)


def shut_out(username: str) -> Revocation:
    """Let every gateway refuse somebody who was switched off.

    :raises Unavailable: a gateway did not confirm in time.
    """
    version, waited = _take_away(policy.person_change(username))
    return Revocation(username, version, waited)


def accept_person(username: str, password: str, *, by: str, now: datetime) -> None:
    """Switch a person on again (恢复人员) here and at every gateway.

    :raises NotFound: there is nobody of that name.
    :raises Conflict: they are not switched off.
    """
    identity.enable_person(username, password, by=by, now=now)
    let_in(username)


def let_in(username: str) -> None:
    """Let gateways take the tokens of somebody who was switched on again."""
    policy.publish(policy.people_now([username]))


def open_grant(
    order: GrantOrder,
    *,
    by: str,
    now: datetime,
    replaces: str | None = None,
    along: Along = nothing_more,
) -> GrantInfo:
    """Open (开通) a grant.

    ``along`` is what is to be true as well, written in the same transaction: both are, or neither.
    ``replaces`` is a grant that is suspended with it: gateways change over from one to the other in
    one step.

    :raises Invalid: naming every fault of the order.
    :raises NotFound: the client or the interface does not exist.
    :raises Conflict: the client holds a live grant of this interface for this purpose.
    """
    interface_row = selectors.interface_row(order.interface)
    client = selectors.client_row(order.client)
    contract = lake.contract(interface_row.dataset_id)
    interface = interface_from_json(interface_row.body)
    order = orders.complete(order, interface, contract)
    orders.check(order, interface, contract, now)
    grant = grant_of(order, client, now)
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
    try:
        with transaction.atomic():
            retired = [*_retire(order, now), *_put_aside(replaces)]
            row.save(force_insert=True)
            audit.record(
                "exchange.grant.opened",
                by=by,
                of=grant.id,
                at=now,
                detail=lang.grant_to_json(grant),
            )
            along(grant.id)
    except IntegrityError:
        raise Conflict(
            Text("该应用已有同一用途的有效授权", "the client holds a live grant for this purpose"),
            Text("请先撤销原授权，或更换用途", "revoke that grant first, or state another purpose"),
        ) from None
    # A row filter may need a column that the index does not hold yet: build before it is served.
    indexing.refresh(interface_row)
    policy.publish(policy.grants_now(each.id for each in (*retired, row)))
    return selectors.grant_info(row, contract, now)


def _retire(order: GrantOrder, now: datetime) -> list[Grant]:
    """Store that earlier grants of the same client, interface and purpose have run out."""
    past = Grant.objects.filter(
        client_id=order.client,
        interface_id=order.interface,
        purpose=order.purpose,
        state=GrantState.ACTIVE,
        valid_until__lte=now,
    )
    retired = list(past)
    past.update(state=GrantState.EXPIRED)
    for row in retired:
        row.state = GrantState.EXPIRED
    return retired


def _put_aside(grant_id: str | None) -> list[Grant]:
    """Suspend the grant that another one takes over from, if it serves."""
    rows = Grant.objects.filter(id=grant_id)
    rows.filter(state=GrantState.ACTIVE).update(state=GrantState.SUSPENDED)
    return list(rows)


def grant_of(order: GrantOrder, client: Client, now: datetime) -> lang.Grant:
    """Return the grant that a complete order asks for, under an id of its own."""
    return lang.Grant(
        id=new_id("grant"),
        client=client.id,
        department=client.department_id,
        interface=order.interface,
        purpose=order.purpose,
        basis=order.basis,
        columns=order.columns,
        masks=order.masks,
        row_filter=order.row_filter,
        quota=order.quota,
        row_cap=order.row_cap,
        valid_from=(order.valid_from or now).timestamp(),
        valid_until=order.valid_until.timestamp(),
        plain=order.plain,
    )


def refresh_indexes(dataset_id: str) -> int:
    """Build every index of a dataset that is out of date; return how many were."""
    rows = list(Interface.objects.filter(dataset_id=dataset_id))
    built = sum(indexing.refresh(row) for row in rows)
    policy.publish(policy.interfaces_now(row.id for row in rows))
    return built


def synchronize() -> int:
    """Make gateways serve what the database says (start-up); return the policy version."""
    for row in Interface.objects.all():
        indexing.refresh(row)
    return policy.publish(policy.everything())

"""What the exchange offers to its neighbours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from duokua.exchange import consumers, keys, policy, selectors
from duokua.exchange.actions import (
    accept_person,
    check_interface,
    create_client,
    disable_client,
    let_in,
    open_grant,
    publish_interface,
    refresh_indexes,
    refuse_person,
    shut_out,
    synchronize,
)
from duokua.exchange.batches import open_grants, publish_interfaces
from duokua.exchange.probing import Check, Probed, probe_closed, probe_open
from duokua.exchange.reading import (
    Changed,
    Reading,
    changes_as,
    feed_of,
    read_as,
    version_of,
)
from duokua.exchange.standing import (
    expire_grant,
    grant_ended,
    republish_grant,
    resume_grant,
    revoke_grant,
    suspend_grant,
)
from duokua.exchange.values import (
    ClientInfo,
    GrantInfo,
    GrantOrder,
    InterfaceInfo,
    InterfaceLine,
    KeyInfo,
    QuotaUse,
    Revocation,
)
from duokua.exchange.versions import deprecate_interface
from duokua.kernel import clock, environment
from duokua.kernel.errors import NotAllowed
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.serving import tokens
from duokua.serving.keys import token_key
from duokua.serving.meter import Meter
from duokua.serving.state import read_checkpoint

add_key = keys.add
retire_key = keys.retire
revoke_key = keys.revoke
client_keys = keys.listed
clients_of = selectors.clients_of
live_clients = selectors.live_clients
counted_interfaces = selectors.counted_interfaces
interface_titles = selectors.interface_titles
consuming_departments = consumers.consuming_departments
revoked_among = selectors.revoked_among

__all__ = [
    "Changed",
    "Check",
    "ClientInfo",
    "GrantInfo",
    "GrantOrder",
    "InterfaceInfo",
    "InterfaceLine",
    "KeyInfo",
    "Probed",
    "QuotaUse",
    "Reading",
    "Revocation",
    "accept_person",
    "add_key",
    "affected",
    "changes_as",
    "check_interface",
    "client",
    "client_keys",
    "clients_of",
    "consuming_departments",
    "counted_interfaces",
    "create_client",
    "deprecate_interface",
    "disable_client",
    "expire_grant",
    "feed_of",
    "grant",
    "grant_ended",
    "grants",
    "interface",
    "interface_ids",
    "interface_titles",
    "interfaces",
    "issue_try_token",
    "let_in",
    "live_clients",
    "open_grant",
    "open_grants",
    "policy_drift",
    "probe_closed",
    "probe_open",
    "publish_interface",
    "publish_interfaces",
    "quota_used",
    "quotas_used",
    "read_as",
    "refresh_indexes",
    "refuse_person",
    "republish_grant",
    "resume_grant",
    "retire_key",
    "revoke_grant",
    "revoke_key",
    "revoked_among",
    "shut_out",
    "suspend_grant",
    "synchronize",
    "version_of",
]


def interfaces(
    *,
    search: str | None = None,
    dataset: str | None = None,
    department: str | None = None,
    after: str | None = None,
    limit: int = 50,
    viewer: str | None = None,
) -> list[InterfaceInfo]:
    """Return published interfaces by name, those after ``after`` first.

    ``viewer`` is the department that looks: core interfaces (L4) it has no part in are left out.
    """
    return selectors.interfaces(
        search=search,
        dataset=dataset,
        department=department,
        after=after,
        limit=limit,
        viewer=viewer,
    )


def interface_lines(
    *,
    search: str | None,
    dataset: str | None,
    department: str | None,
    viewer: str | None,
    open_only: bool = False,
) -> list[InterfaceLine]:
    """Return by what every interface is sorted in a list: as :func:`interfaces`, but quickly."""
    return selectors.interface_lines(
        search=search, dataset=dataset, department=department, viewer=viewer, open_only=open_only
    )


def named_interfaces(ids: Sequence[str]) -> list[InterfaceInfo]:
    """Return some interfaces in the order given, those of a page of :func:`interface_lines`."""
    return selectors.named_interfaces(ids)


def served_rows(interface_id: str) -> int | None:
    """Return how many rows are served for an interface, ``None`` before there are any."""
    return selectors.served_rows(interface_id)


def interface_ids(datasets: Collection[str] | None = None) -> list[str]:
    """Return the names of the published interfaces over some datasets, by default of all."""
    return selectors.interface_ids(datasets)


def interface(interface_id: str, *, viewer: str | None = None) -> InterfaceInfo:
    """Return one interface.

    :raises NotFound: there is none, or the viewer may not know of it.
    """
    row = selectors.interface_row(interface_id)
    if viewer is not None and not selectors.known(interface_id, viewer):
        raise selectors.no_interface(interface_id)
    return selectors.interface_info(row, lake.contract(row.dataset_id))


def client(client_id: str) -> ClientInfo:
    """Return one client.

    :raises NotFound: there is none.
    """
    return selectors.client_info(selectors.client_row(client_id))


def grants(
    *,
    department: str | None = None,
    interface: str | None = None,
    client: str | None = None,
    now: datetime | None = None,
) -> list[GrantInfo]:
    """Return grants, newest first, narrowed to a consumer's department, an interface or a client."""
    return selectors.grants(
        department=department, interface=interface, client=client, now=now or clock.now()
    )


def grant(grant_id: str, *, now: datetime | None = None) -> GrantInfo:
    """Return one grant.

    :raises NotFound: there is none.
    """
    row = selectors.grant_row(grant_id)
    contract = lake.contract(row.interface.dataset_id)
    return selectors.grant_info(row, contract, now or clock.now())


def issue_try_token(person: str, department: str, grant_id: str, *, now: datetime) -> str:
    """Sign the short token with which a person's browser may call under a grant of the department.

    :raises NotAllowed: the grant belongs to another department, or is not live.
    """
    found = grant(grant_id, now=now)
    if found.grant.department != department or found.state != "active":
        raise NotAllowed(
            Text("该授权不属于本部门或已失效", "the grant is another department's, or not live"),
            Text("请选择本部门的有效授权", "choose a live grant of your department"),
        )
    return tokens.issue(
        token_key(environment.read().secret()),
        client=found.grant.client,
        purpose=found.grant.purpose,
        now=now.timestamp(),
        lifetime_s=tokens.BROWSER_LIFETIME_S,
        grant=grant_id,
        person=person,
    )


def quota_used(grant_id: str, *, now: datetime | None = None) -> QuotaUse:
    """Return how much of a grant's quota is used, at most 2 s old."""
    return quotas_used([grant(grant_id)], now=now)[grant_id]


def quotas_used(grants: Iterable[GrantInfo], *, now: datetime | None = None) -> dict[str, QuotaUse]:
    """Return by its id how much of each grant's quota is used; the meters are read once for all."""
    told = read_checkpoint(environment.read().ledger / "meters.json")["meters"]
    at = (now or clock.now()).timestamp()
    found = {}
    for each in grants:
        meter = Meter(each.grant.quota)
        if state := told.get(each.grant.id):
            meter.restore(state)
        found[each.grant.id] = QuotaUse(**meter.used(at))
    return found


def affected(dataset_id: str, now: datetime) -> list[lake.Affected]:
    """Return the interfaces that serve a dataset, with how many grants each has."""
    return selectors.affected(dataset_id, now)


def files_in_use(dataset_id: str) -> list[str]:
    """Return the paths of the table files from which indexes that are served were built."""
    return selectors.files_in_use(dataset_id)


def policy_drift() -> int:
    """Return how many records gateways hold otherwise than the database says; 0 is healthy."""
    return policy.drift()

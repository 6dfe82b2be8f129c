"""Reads of the exchange, turned into frozen values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from django.db.models import Count, Q, QuerySet

from duokua.engine.manifest import Manifest, read_manifest
from duokua.exchange.models import Client, Grant, Interface
from duokua.exchange.states import LIVE, GrantState
from duokua.exchange.values import ClientInfo, GrantInfo, InterfaceInfo, InterfaceLine
from duokua.kernel import environment
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang import grant as grants_lang
from duokua.lang.codec import interface_from_json
from duokua.lang.contract import Contract, Level
from duokua.lang.interface import Interface as InterfaceDeclaration
from duokua.serving.usage import key_last_used as last_use

MAX_PAGE = 10_000


def interface_row(interface_id: str) -> Interface:
    """Return a stored interface.

    :raises NotFound: there is none.
    """
    found = Interface.objects.filter(id=interface_id).first()
    if found is None:
        raise no_interface(interface_id)
    return found


def no_interface(interface_id: str) -> NotFound:
    """Return the error for an interface that is not there, or not to be known of: the same."""
    return NotFound(
        Text(f"没有数据接口“{interface_id}”", f"there is no interface {interface_id!r}"),
        Text("请在资源商店查看接口名称", "see the store for the names of interfaces"),
    )


def interface_info(
    row: Interface, contract: Contract, indexes: Path | None = None
) -> InterfaceInfo:
    """Return what is published and what is served now; ``indexes`` spares asking where they are."""
    manifest = manifest_of(row.id, indexes)
    return InterfaceInfo(
        interface=interface_from_json(row.body),
        contract=contract,
        rows=manifest.rows if manifest else None,
        as_of=manifest.as_of if manifest else None,
        published_at=row.published_at,
    )


def manifest_of(interface_id: str, indexes: Path | None = None) -> Manifest | None:
    """Return what is served for an interface, if anything is yet."""
    try:
        return read_manifest((indexes or environment.read().indexes) / interface_id)
    except NotFound:
        return None


def files_in_use(dataset_id: str) -> list[str]:
    """Return the paths of the table files that the manifests of a dataset's interfaces name."""
    names = Interface.objects.filter(dataset_id=dataset_id).values_list("id", flat=True)
    manifests = [manifest_of(name) for name in names]
    return [file for each in manifests if each is not None for file in each.files]


def interfaces(
    *,
    search: str | None,
    dataset: str | None,
    department: str | None,
    after: str | None,
    limit: int,
    viewer: str | None,
) -> list[InterfaceInfo]:
    """Return interfaces by name after ``after``; contracts are read once for each dataset."""
    rows = _wanted(search, dataset, department, viewer)
    if after:
        rows = rows.filter(id__gt=after)
    return _infos(list(rows[: min(limit, MAX_PAGE)]))


def interface_lines(
    *,
    search: str | None,
    dataset: str | None,
    department: str | None,
    viewer: str | None,
    open_only: bool,
) -> list[InterfaceLine]:
    """Return by what every interface is sorted in a list, by name; no declaration is read."""
    rows = _wanted(search, dataset, department, viewer)
    rows = rows.filter(open=True) if open_only else rows
    told = rows.values_list("id", "title_zh", "title_en", "published_at")
    return [InterfaceLine(id_, Text(zh, en), at) for id_, zh, en, at in told]


def named_interfaces(ids: Sequence[str]) -> list[InterfaceInfo]:
    """Return interfaces in the order of their names as given; one that is gone is left out."""
    rows = Interface.objects.in_bulk(ids)
    return _infos([rows[each] for each in ids if each in rows])


def served_rows(interface_id: str) -> int | None:
    """Return how many rows are served for an interface, ``None`` before there are any."""
    manifest = manifest_of(interface_id)
    return manifest.rows if manifest else None


def _infos(rows: Sequence[Interface]) -> list[InterfaceInfo]:
    contracts = lake.contracts(frozenset(row.dataset_id for row in rows))
    indexes = environment.read().indexes
    return [interface_info(row, contracts[row.dataset_id], indexes) for row in rows]


def _wanted(
    search: str | None, dataset: str | None, department: str | None, viewer: str | None
) -> QuerySet[Interface]:
    rows: QuerySet[Interface] = Interface.objects.order_by("id")
    if viewer:
        rows = rows.filter(_known_to(viewer))
    if search:
        rows = rows.filter(
            Q(id__icontains=search) | Q(title_zh__icontains=search) | Q(title_en__icontains=search)
        )
    if dataset:
        rows = rows.filter(dataset_id=dataset)
    if department:
        rows = rows.filter(owner_id=department)
    return rows


def interface_titles(department: str | None = None) -> dict[str, Text]:
    """Return the titles of every interface, or of one department's, by id."""
    rows = Interface.objects.order_by("id")
    if department is not None:
        rows = rows.filter(owner_id=department)
    return {id_: Text(zh, en) for id_, zh, en in rows.values_list("id", "title_zh", "title_en")}


def interface_ids(datasets: Collection[str] | None) -> list[str]:
    """Return the names of published interfaces, of some datasets or of all."""
    rows = Interface.objects.order_by("id")
    if datasets is not None:
        rows = rows.filter(dataset__in=datasets)
    return list(rows.values_list("id", flat=True))


def _known_to(viewer: str) -> Q:
    """Core (L4) interfaces are known to their owner and to those who hold a grant, as at /data/."""
    granted = Grant.objects.filter(client__department_id=viewer, state=GrantState.ACTIVE)
    held = Q(id__in=granted.values("interface_id"))
    return ~Q(dataset__level=Level.L4) | Q(owner_id=viewer) | held


def known(interface_id: str, viewer: str) -> bool:
    """Tell whether a department may know that an interface is there."""
    return Interface.objects.filter(_known_to(viewer), id=interface_id).exists()


def client_row(client_id: str) -> Client:
    """Return a stored client.

    :raises NotFound: there is none.
    """
    found = Client.objects.filter(id=client_id).first()
    if found is None:
        raise NotFound(
            Text(f"没有应用“{client_id}”", f"there is no client {client_id!r}"),
            Text("请先登记应用", "register the client first"),
        )
    return found


def live_clients() -> list[ClientInfo]:
    """Return every program that is not switched off, by department and id."""
    rows = Client.objects.filter(active=True).order_by("department_id", "id")
    return [client_info(row) for row in rows[:MAX_PAGE]]


def clients_of(department: str) -> list[ClientInfo]:
    """Return the programs of a department by id."""
    return [client_info(row) for row in Client.objects.filter(department=department).order_by("id")]


def key_last_used(client_id: str, key_id: str) -> date | None:
    """Return the day on which a key last gave a token, as the gateway told a few seconds ago."""
    return last_use(environment.read().usage, client_id, key_id)


def client_info(row: Client) -> ClientInfo:
    """Return a client without its secret."""
    return ClientInfo(row.id, row.department_id, row.title, row.active, row.created_at)


def grant_row(grant_id: str) -> Grant:
    """Return a stored grant.

    :raises NotFound: there is none.
    """
    found = Grant.objects.select_related("client").filter(id=grant_id).first()
    if found is None:
        raise no_grant(grant_id)
    return found


def no_grant(grant_id: str) -> NotFound:
    """Return the error for a grant that is not there, or not to be known of: the same."""
    return NotFound(
        Text(f"没有授权“{grant_id}”", f"there is no grant {grant_id!r}"),
        Text("请在接口页查看授权编号", "see the interface's page for its grants"),
    )


def grants(
    *, department: str | None, interface: str | None, client: str | None, now: datetime
) -> list[GrantInfo]:
    """Return grants, newest first."""
    rows = Grant.objects.select_related("client").order_by("-created_at", "-id")
    if department:
        rows = rows.filter(client__department_id=department)
    if interface:
        rows = rows.filter(interface_id=interface)
    if client:
        rows = rows.filter(client_id=client)
    page = list(rows[:MAX_PAGE])
    datasets = dict(
        Interface.objects.filter(id__in={row.interface_id for row in page}).values_list(
            "id", "dataset_id"
        )
    )
    contracts = lake.contracts(frozenset(datasets.values()))
    return [grant_info(row, contracts[datasets[row.interface_id]], now) for row in page]


def revoked_among(ids: Collection[str]) -> dict[str, str]:
    """Return which of some grants are revoked, and why."""
    rows = Grant.objects.filter(id__in=ids, state=GrantState.REVOKED)
    return dict(rows.values_list("id", "revoked_reason"))


def interfaces_of(dataset_id: str) -> list[InterfaceDeclaration]:
    """Return every interface over a dataset, as it was declared."""
    rows = Interface.objects.filter(dataset_id=dataset_id)
    return [interface_from_json(row.body) for row in rows]


def live_grants(
    interface_id: str, contract: Contract, now: datetime
) -> Iterator[grants_lang.Grant]:
    """Yield every grant of an interface that serves or is going to."""
    rows = Grant.objects.filter(interface_id=interface_id, state__in=LIVE, valid_until__gt=now)
    for row in rows.iterator():
        yield grants_lang.grant_from_json(row.body, contract.by_name)


def grant_info(row: Grant, contract: Contract, now: datetime) -> GrantInfo:
    """Return a grant with its state at ``now``."""
    grant = grants_lang.grant_from_json(row.body, contract.by_name)
    return GrantInfo(
        grant=grant,
        state=_state(row, grant, now),
        client_title=row.client.title,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
    )


def _state(row: Grant, grant: grants_lang.Grant, now: datetime) -> str:
    if row.state != GrantState.ACTIVE:
        return str(row.state)
    if now.timestamp() < grant.valid_from:
        return "future"
    return "active" if now.timestamp() < grant.valid_until else "expired"


def affected(dataset_id: str, now: datetime) -> list[lake.Affected]:
    """Return the interfaces of a dataset, each with its grants that serve or are going to."""
    rows = list(Interface.objects.filter(dataset_id=dataset_id).order_by("id"))
    serving = Grant.objects.filter(
        interface_id__in=[row.id for row in rows], state=GrantState.ACTIVE, valid_until__gt=now
    )
    counted = Counter(serving.values_list("interface_id", flat=True))
    return [
        lake.Affected(
            "interface",
            row.id,
            Text(row.title_zh, row.title_en),
            counted[row.id],
            _columns(interface_from_json(row.body)),
        )
        for row in rows
    ]


def _columns(interface: InterfaceDeclaration) -> tuple[str, ...]:
    parameters = (parameter.column for parameter in interface.parameters)
    return tuple(dict.fromkeys([*interface.columns, *parameters, *interface.order]))


def counted_interfaces(datasets: Iterable[str]) -> dict[str, int]:
    """Return how many interfaces each of these datasets has; those with none are left out."""
    rows = Interface.objects.filter(dataset_id__in=list(datasets)).exclude(id__contains="@")
    return dict(rows.values_list("dataset_id").annotate(Count("id")))

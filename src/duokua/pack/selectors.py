"""Reading installations, and what their programs may read."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from duokua.exchange import facade as exchange
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.grant import Grant
from duokua.lang.interface import Shape
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import read_pack
from duokua.lang.scenario.rule import BASELINE
from duokua.pack.models import Installation, TrustedKey
from duokua.pack.states import PackState
from duokua.pack.values import (
    ABSENT,
    GRANTED,
    MISSING,
    OPEN,
    InstallationInfo,
    Need,
    TrustInfo,
)
from duokua.store import facade as store

_MOST_READ = 64
_read: OrderedDict[str, Pack] = OrderedDict()
_guard = Lock()
_WORD = re.compile(r"[a-z][a-z0-9_]+")


def row(pack: str) -> Installation:
    """Return the installation of a pack, also one that was removed.

    :raises NotFound: it was never installed.
    """
    found = Installation.objects.filter(pack=pack).first()
    if found is None:
        raise NotFound(
            Text(f"没有安装场景包“{pack[:64]}”", f"no pack {pack[:64]!r} is installed"),
            Text("请用 duokua pack list 查看", "see duokua pack list"),
        )
    return found


def pack_of(found: Installation) -> Pack:
    """Return what was installed, read; the newest ones are kept read."""
    pack = _read.get(found.digest)
    if pack is None:
        pack = read_pack(found.files)
        with _guard:
            _read[found.digest] = pack
            while len(_read) > _MOST_READ:
                _read.popitem(last=False)
    return pack


def info(found: Installation) -> InstallationInfo:
    """Return an installation as a value."""
    names = ("pack", "version", "domain", "demo", "state", "origin", "signed_by", "client",
             "digest", "installed_at", "installed_by")  # fmt: skip
    return InstallationInfo(
        title=Text(found.title_zh, found.title_en),
        owner=found.owner_id,
        **{name: getattr(found, name) for name in names},
    )


def installations(*, removed: bool = False) -> list[InstallationInfo]:
    """Return the packs that are installed, by name."""
    rows = Installation.objects.order_by("pack")
    return [info(each) for each in (rows if removed else rows.exclude(state=PackState.REMOVED))]


def trusted() -> list[TrustInfo]:
    """Return the keys whose signatures are trusted, by title."""
    rows = TrustedKey.objects.order_by("title", "id")
    return [TrustInfo(each.id, each.title, each.since, each.by) for each in rows]


def columns_of(pack: Pack, read: Consumed) -> tuple[str, ...]:
    """Return the columns that are asked for of a table: no more than rules can name."""
    return read.columns or tuple(pack.contracts[read.table].by_name)


def needs(pack: Pack, found: Installation, now: datetime) -> tuple[Need, ...]:
    """Return for each table that is read whether the pack's program may read all that it has to."""
    held = {each.grant.interface: each.grant for each in live_grants(pack, found, now)}
    return tuple(_need(pack, each, held, found.drafted) for each in pack.manifest.consumes)


def live_grants(pack: Pack, found: Installation, now: datetime) -> list[exchange.GrantInfo]:
    """Return the live grants of a pack's program for the purpose of the pack."""
    return [
        each
        for each in exchange.grants(client=found.client, now=now)
        if each.state == "active" and each.grant.purpose == pack.manifest.purpose
    ]


def feeds_of(pack: Pack, interface: str, columns: tuple[str, ...]) -> list[str]:
    """Return the change feeds of the owner's own dataset that show the same columns."""
    try:
        dataset = exchange.interface(interface).contract
    except NotFound:
        return []
    if dataset.owner != pack.manifest.owner:
        return []
    return [
        each.interface.id
        for each in exchange.interfaces(dataset=dataset.id, limit=200)
        if each.interface.shape is Shape.CHANGES
        and set(columns) <= set(each.interface.columns)
        and each.interface.id != interface
        and "@" not in each.interface.id
    ]


def kept_interfaces(pack: Pack) -> frozenset[str]:
    """Return the interfaces on which a version of a pack holds grants."""
    read = [(each.interface, columns_of(pack, each)) for each in pack.manifest.consumes]
    feeds = [feed for name, columns in read for feed in feeds_of(pack, name, columns)]
    return frozenset([*(name for name, _ in read), *feeds])


def _need(pack: Pack, read: Consumed, held: dict[str, Grant], drafted: dict[str, str]) -> Need:
    try:
        served = exchange.interface(read.interface)
    except NotFound:
        return Need(read.table, read.interface, ABSENT)
    owner, grant = served.contract.owner, held.get(read.interface)
    if grant is not None and set(columns_of(pack, read)) <= set(grant.columns):
        return Need(read.table, read.interface, GRANTED, owner=owner, grant=grant.id)
    if served.interface.open:
        return Need(read.table, read.interface, OPEN, owner=owner)
    return Need(
        read.table, read.interface, MISSING, owner=owner, listing=_listing(served.contract.id),
        request=drafted.get(read.table, ""),
    )  # fmt: skip


def _listing(dataset: str) -> str:
    try:
        return store.listing(dataset).id
    except NotFound:
        return ""


def missing_of(pack: Pack, tables: Iterable[str], wanted: Iterable[Need]) -> tuple[str, ...]:
    """Return those tables that a rule reads, by derived ones too, and that it cannot read yet."""
    lacking = {each.table for each in wanted if each.standing in (MISSING, ABSENT)}
    read, seen = {name.removeprefix(BASELINE) for name in tables}, set[str]()
    while derived := (read & pack.datasets.keys()) - seen:
        seen |= derived
        read |= {word for name in derived for word in _WORD.findall(pack.datasets[name])}
    return tuple(sorted(lacking & read))

"""Finding listings: what the index holds of them, and its answers as cards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum

from duokua.engine import finding as engine
from duokua.engine.finding import DEEPEST, Entry
from duokua.engine.finding_query import FACETS, Wanted
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel import environment
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface
from duokua.lang.terms import Asked, asked
from duokua.store.models import Listing, ListingVersion, Searched
from duokua.store.selectors.listing import listing_info
from duokua.store.states.listing import VISIBLE, ResourceKind
from duokua.store.values.finding import (
    FACET_TITLES,
    OPEN_TITLES,
    Card,
    Facet,
    FacetValue,
    Question,
    Results,
    near,
    others,
    pieces,
)
from duokua.store.values.listing import ListingInfo
from duokua.store.values.listing_page import share_words
from duokua.store.values.vocabulary import CYCLES, DOMAINS
from duokua.store.values.words import both

PAGE = 20
_SLICE = 500
_FRESH = timedelta(days=30)
_HOT_DAYS = timedelta(days=30)
_MANY = 2  # departments: what one alone looks for is nobody else's business
_MOST = 10_000


def entries(now: datetime, only: Iterable[str] | None = None) -> Iterator[Entry]:
    """Return what the index holds of the listings on show, some at a time."""
    rows = Listing.objects.filter(state__in=VISIBLE).order_by("id")
    if only is not None:
        rows = rows.filter(id__in=list(only))
    names = identity.departments()
    batch: list[Listing] = []
    for row in rows.iterator(_SLICE):
        batch.append(row)
        if len(batch) == _SLICE:
            yield from _entries(batch, names, now)
            batch = []
    yield from _entries(batch, names, now)


def _entries(rows: list[Listing], names: dict[str, Text], now: datetime) -> Iterator[Entry]:
    datasets = frozenset(row.dataset_id for row in rows if row.dataset_id)
    contracts = lake.contracts(datasets)
    offered = _offered(datasets)
    for row, version in _with_versions(rows):
        info = listing_info(row, version)
        owner = names.get(row.owner_id, Text(row.owner_id, row.owner_id))
        contract = contracts.get(row.dataset_id or "")
        yield _entry(info, owner, contract, offered.get(row.dataset_id or "", []), now)


def _with_versions(rows: list[Listing]) -> Iterator[tuple[Listing, ListingVersion]]:
    shown = {(row.id, row.shown): row for row in rows}
    for version in ListingVersion.objects.filter(listing__in=rows):
        row = shown.get((version.listing_id, version.number))
        if row is not None:
            yield row, version


def _offered(datasets: frozenset[str]) -> dict[str, list[Interface]]:
    found: dict[str, list[Interface]] = {}
    if len(datasets) == 1:
        (one,) = datasets
        every = exchange.interfaces(dataset=one, limit=_MOST)
    else:
        every = exchange.interfaces(limit=_MOST)
    for info in every:
        found.setdefault(info.interface.dataset, []).append(info.interface)
    return found


def _entry(
    info: ListingInfo,
    owner: Text,
    contract: Contract | None,
    offered: list[Interface],
    now: datetime,
) -> Entry:
    body = info.body
    columns = [] if contract is None else [
        text for c in contract.columns for text in (c.name, c.title.zh, c.title.en)
    ]  # fmt: skip
    columns += [text for one in offered for text in (one.id, one.title.zh, one.title.en)]
    fresh = info.published_at is not None and now - info.published_at < _FRESH
    opened = "open" if any(one.open for one in offered) else "granted" if offered else "none"
    return Entry(
        id=info.id,
        titles=(body.title.zh, body.title.en),
        name=body.title.zh,
        words=body.keywords,
        owners=(owner.zh, owner.en),
        columns=tuple(columns),
        summary=(body.summary.zh, body.summary.en),
        facets={
            "kind": info.kind,
            "owner": info.owner,
            "share": body.share_class,
            "level": body.level,
            "domain": body.domain,
            "cycle": body.cycle,
            "open": opened,
        },
        only=info.owner if body.level == "L4" else None,
        weight=4 * (info.quality or 0) + math.log2(1 + info.heat) / 2 + fresh,
        published=int(info.published_at.timestamp()) if info.published_at else 0,
        heat=info.heat,
        quality=info.quality or 0.0,
    )


def wanted(question: Question, viewer: str | None, limit: int = PAGE) -> Wanted:
    """Return a question as the index takes it."""
    words = asked(question.words)
    return Wanted(
        asked=words,
        others=others(words),
        near=near(words),
        filters=question.filters or {},
        viewer=viewer,
        sort=question.sort,
        offset=(question.page - 1) * PAGE,
        limit=limit,
    )


def results(question: Question, person: Person) -> Results:
    """Return a page of what fits, for somebody."""
    found = engine.find(environment.read().search, wanted(question, person.department))
    reach = min(found.total, DEEPEST)
    return Results(
        cards=cards(found.ids, asked(question.words), person.department),
        total=found.total,
        loose=found.loose,
        facets=_facets(found.facets, question),
        page=question.page,
        pages=max(1, -(-reach // PAGE)),
    )


def cards(ids: Iterable[str], looked: Asked, viewer: str | None) -> tuple[Card, ...]:
    """Return listings as cards, in this order; the database decides once more what is seen."""
    order = list(ids)
    rows = {
        row.id: row
        for row in Listing.objects.filter(id__in=order, state__in=VISIBLE)
        if row.level != "L4" or row.owner_id == viewer
    }
    infos = {
        row.id: listing_info(row, version) for row, version in _with_versions([*rows.values()])
    }
    names = identity.departments()
    contracts = lake.contracts(frozenset(i.dataset for i in infos.values() if i.dataset))
    counted = exchange.counted_interfaces([i.dataset for i in infos.values() if i.dataset])
    return tuple(
        _card(
            infos[name], names, contracts.get(infos[name].dataset or ""), looked,
            counted.get(infos[name].dataset or "", 0),
        )
        for name in order
        if name in infos
    )  # fmt: skip


def _card(
    info: ListingInfo,
    names: dict[str, Text],
    contract: Contract | None,
    looked: Asked,
    interfaces: int,
) -> Card:
    body = info.body
    return Card(
        info=info,
        owner=names.get(info.owner, Text(info.owner, info.owner)),
        title={"zh": pieces(body.title.zh, looked), "en": pieces(body.title.en, looked)},
        summary={"zh": pieces(body.summary.zh, looked), "en": pieces(body.summary.en, looked)},
        why=_why(contract, looked),
        interfaces=interfaces,
    )


def _why(contract: Contract | None, looked: Asked) -> tuple[Text, ...]:
    """Return the columns in which something of the question stands."""
    if contract is None or looked.empty:
        return ()
    found = [
        column.title
        for column in contract.columns
        if any(
            piece.hit
            for text in (column.title.zh, column.title.en, column.name)
            for piece in pieces(text, looked)
        )
    ]
    return tuple(found[:4])


def _facets(counted: Mapping[str, Mapping[str, int]], question: Question) -> tuple[Facet, ...]:
    titles = _titles()
    return tuple(
        Facet(name, FACET_TITLES[name], values)
        for name in FACETS
        if (values := _values(counted.get(name, {}), question.chosen(name), titles[name]))
    )


def _values(
    counted: Mapping[str, int], chosen: tuple[str, ...], titles: dict[str, Text]
) -> tuple[FacetValue, ...]:
    every = {**counted, **{value: counted.get(value, 0) for value in chosen if value in titles}}
    ordered = sorted(every.items(), key=lambda one: (-one[1], one[0]))
    return tuple(
        FacetValue(value, titles.get(value, Text(value, value)), count, value in chosen)
        for value, count in ordered
    )


def _titles() -> dict[str, dict[str, Text]]:
    return {
        "kind": {each.value: both(each) for each in ResourceKind},
        "owner": identity.departments(),
        "share": dict(share_words()),
        "level": {name: Text(name, name) for name in ("L1", "L2", "L3", "L4")},
        "domain": DOMAINS,
        "cycle": {name: cycle.title for name, cycle in CYCLES.items()},
        "open": OPEN_TITLES,
    }


def suggestions(words: str, viewer: str | None, limit: int = 8) -> list[tuple[str, Text]]:
    """Return id and title of what somebody who types ``words`` may mean."""
    looked = asked(words)
    if looked.empty:
        return []
    told = Wanted(
        asked=looked, others=others(looked), near=near(looked), viewer=viewer, limit=limit,
        counts=False,
    )  # fmt: skip
    found = engine.find(environment.read().search, told).ids
    rows = {row.id: row for row in Listing.objects.filter(id__in=found, state__in=VISIBLE)}
    return [
        (name, Text(rows[name].title_zh, rows[name].title_en)) for name in found if name in rows
    ]


def hot(department: str, today: date, limit: int = 8) -> list[str]:
    """Return the words most looked for lately that found something.

    What only one department looked for is shown to that one alone.
    """
    rows = Searched.objects.filter(day__gt=today - _HOT_DAYS, hits__gt=0).values("words")
    counted = rows.annotate(all=Sum("times"), by=Count("department", distinct=True))
    own = set(rows.filter(department=department).values_list("words", flat=True))
    ordered = counted.order_by("-all", "words")[: limit * 4]
    return [r["words"] for r in ordered if r["by"] >= _MANY or r["words"] in own][:limit]


def most(viewer: str | None, sort: str, limit: int) -> tuple[Card, ...]:
    """Return the listings that are first in an order."""
    found = engine.find(
        environment.read().search, Wanted(viewer=viewer, sort=sort, limit=limit, counts=False)
    )
    return cards(found.ids, Asked(), viewer)


def counted(viewer: str | None) -> dict[str, dict[str, int]]:
    """Return how many listings somebody may find, by kind and by domain."""
    found = engine.find(environment.read().search, Wanted(viewer=viewer, limit=1))
    return {name: dict(values) for name, values in found.facets.items()}

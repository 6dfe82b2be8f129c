"""Reads for the pages of listings, each in a handful of queries."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.store.models import Follow, Listing, ListingVersion, Question, Request
from duokua.store.selectors import opinion
from duokua.store.selectors import versions as read
from duokua.store.selectors.listing import listing_info, no_listing, visible
from duokua.store.states.listing import ListingState, ShareClass, VersionState
from duokua.store.states.request import LIVE, PENDING
from duokua.store.values.assessment import Audience, risk, risk_words
from duokua.store.values.difference import Change, difference
from duokua.store.values.listing import ListingBody, body_from_json
from duokua.store.values.listing_page import (
    Blast,
    EditPage,
    ItemRow,
    ListingPage,
    Opinions,
    OwnListing,
    Product,
    ReviewPage,
    share_words,
)
from duokua.store.values.listing_quality import judged_from_json
from duokua.store.values.reviewing import duty_of, post_of
from duokua.store.values.vocabulary import CYCLES

_MOST = 500
_MOST_OWN = 10_000
_NOBODY = Text("—", "—")


def seen(listing_id: str, person: Person) -> Listing:
    """Return a listing that a person may look at.

    :raises NotFound: there is none, or they may not.
    """
    row = Listing.objects.select_related("successor").filter(id=listing_id).first()
    if row is None or not visible(row, person.department):
        raise no_listing(listing_id)
    return row


def page_of(row: Listing, person: Person, now: datetime) -> ListingPage:
    """Return everything that a listing's page shows to a person."""
    info = listing_info(row)
    dataset = lake.describe(row.dataset_id or "")
    names = identity.departments()
    under_way = read.under_way(row)
    next_ = row.successor
    return ListingPage(
        info=info,
        owner=names.get(row.owner_id, _NOBODY),
        contract=dataset.contract,
        items=item_rows(info.body, dataset.contract),
        judged=judged_from_json(row.judged) if row.judged else None,
        products=_products(row),
        opinions=_opinions(row, person, names, now),
        versions=tuple(read.versions(row)),
        under_way=read.version_info(under_way) if under_way else None,
        successor=Text(next_.title_zh, next_.title_en) if next_ else None,
        refreshed_at=dataset.refreshed_at,
        stale_since=stale_since(info.body.cycle, dataset.refreshed_at, now),
        may=_may(row, person),
    )


def _may(row: Listing, person: Person) -> frozenset[str]:
    """Return what a person may do on a listing's page."""
    own = person.department == row.owner_id
    steward = post_of(person, Role.STEWARD, row.owner_id) is not None
    head = post_of(person, Role.HEAD, row.owner_id) is not None
    shared = row.share_class != ShareClass.REFUSED and row.state == ListingState.PUBLISHED
    told = {
        "edit": steward,
        "answer": steward,
        "withdraw": steward or head,
        "request": shared and not own and person.role not in (Role.CITIZEN, Role.CLERK),
        "rate": not own and opinion.has_used(row.id, person.department),
        "versions": own or bool(person.hats & {Role.BUREAU, Role.SECURITY, Role.AUDITOR}),
    }
    return frozenset(name for name, fine in told.items() if fine)


def item_rows(body: ListingBody, contract: Contract) -> tuple[ItemRow, ...]:
    """Return the data items with their share classes."""
    words = share_words()
    rows = []
    for column in contract.columns:
        share = body.item(column.name)
        rows.append(ItemRow(column, share, words[share.share_class], column.name in contract.key))
    return tuple(rows)


def _products(row: Listing) -> tuple[Product, ...]:
    found = exchange.interfaces(dataset=row.dataset_id, limit=_MOST)
    return tuple(
        Product(
            info.interface.id, info.interface.title, info.interface.description,
            info.interface.shape.value, info.interface.open, info.interface.sunset, info.as_of,
        )
        for info in found
    )  # fmt: skip


def _opinions(row: Listing, person: Person, names: dict[str, Text], now: datetime) -> Opinions:
    ratings = opinion.ratings(row.id)
    return Opinions(
        users=len(opinion.users_of(row.id, now)),
        ratings=tuple((each, names.get(each.department, _NOBODY)) for each in ratings),
        questions=tuple(
            (each, names.get(each.department, _NOBODY)) for each in opinion.questions(row.id)
        ),
        followers=opinion.followers(row.id),
        follows=opinion.follows(row.id, person.username),
        own=next((each for each in ratings if each.department == person.department), None),
    )


def stale_since(cycle: str, refreshed_at: datetime | None, now: datetime) -> datetime | None:
    """Return since when data are later than promised (停更), if they are."""
    hours = CYCLES[cycle].hours if cycle in CYCLES else None
    if hours is None or refreshed_at is None:
        return None
    due = refreshed_at + timedelta(hours=hours)
    return due if now > due else None


def edit_page(row: Listing) -> EditPage:
    """Return the version that is being written, with what it changes.

    :raises NotFound: none is.
    """
    version = read.need_under_way(row)
    told = read.reviews(version)
    last = told[-1] if told and not told[-1].agreed else None
    draft = version.state == VersionState.DRAFT
    return EditPage(
        read.version_info(version), lake.contract(row.dataset_id or ""), row.state,
        changes(row, body_from_json(version.body)), last if draft else None,
    )  # fmt: skip


def changes(row: Listing, body: ListingBody) -> tuple[Change, ...]:
    """Return what a body says otherwise than what is on show."""
    before = body_from_json(read.version_of(row, row.shown).body) if row.shown else None
    return tuple(difference(before, body))


def review_page(row: Listing, person: Person) -> ReviewPage:
    """Return the version that waits, with all that a reviewer needs.

    :raises NotFound: nothing waits, or not for a post that this person holds.
    """
    version = read.need_under_way(row)
    stage = VersionState(version.state)
    holds = read.posts_on(version, person)
    if not holds:
        raise no_listing(row.id)
    contract = lake.contract(row.dataset_id or "")
    body = body_from_json(version.body)
    acting = duty_of(person, stage, row.owner_id)
    others = {person.username, acting or person.username}.isdisjoint(
        {version.created_by, version.submitted_by}
    )
    return ReviewPage(
        info=listing_info(row, version),
        owner=identity.departments().get(row.owner_id, _NOBODY),
        version=read.version_info(version),
        contract=contract,
        changes=changes(row, body),
        items=item_rows(body, contract),
        reviews=tuple(read.reviews(version)),
        first=not row.shown,
        may=acting is not None and others,
        risks=tuple(
            (
                each.value,
                risk_words(body.level, each),
                risk(body.level, each, share_class=body.share_class, personal=contract.personal),
            )
            for each in Audience
        ),
    )


def blast(row: Listing, now: datetime) -> Blast:
    """Return who would feel it if a listing went."""
    names = identity.departments()
    requests = Request.objects.filter(listing=row)
    live = requests.filter(state__in=LIVE).values_list("department", flat=True).distinct()
    return Blast(
        affected=tuple(exchange.affected(row.dataset_id or "", now)),
        users=tuple(names.get(code, _NOBODY) for code in sorted(live)),
        pending=requests.filter(state__in=PENDING).count(),
        followers=Follow.objects.filter(listing=row).count(),
    )


def own_listings(department: str) -> list[OwnListing]:
    """Return the datasets of a department, each with its listing if it has one."""
    rows = {row.dataset_id: row for row in Listing.objects.filter(owner=department)}
    ways = ListingVersion.objects.filter(listing__owner=department, state__in=read.UNDER_WAY)
    under_way = dict(ways.values_list("listing", "state"))
    open_ = Question.objects.filter(listing__owner=department, answered_at=None)
    asked = dict(open_.values_list("listing").annotate(n=Count("id")))
    found = lake.datasets(department=department, viewer=department, limit=_MOST_OWN)
    return [
        _own(info, rows.get(info.id), under_way.get(info.id, ""), asked.get(info.id, 0))
        for info in found
    ]


def _own(
    info: lake.DatasetInfo, row: Listing | None, under_way: str, open_questions: int
) -> OwnListing:
    if row is None:
        return OwnListing(info.id, info.title, str(info.level), "", "", "", None, 0, 0, None)
    return OwnListing(
        info.id, Text(row.title_zh, row.title_en), row.level, row.state, under_way,
        row.share_class, row.quality, row.heat, open_questions, row.changed_at,
    )  # fmt: skip

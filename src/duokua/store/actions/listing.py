"""Writing a listing: draft, change, save, drop, submit. None of it shows anything to others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.kernel.errors import Conflict, Invalid, invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.store.actions import listing_notes as notes
from duokua.store.models import Listing, ListingVersion
from duokua.store.selectors import versions as read
from duokua.store.selectors.listing import listing_row, version_row
from duokua.store.states.listing import VERSION_MOVES, ListingState, ResourceKind, VersionState
from duokua.store.values import sharing
from duokua.store.values.listing import ListingBody, body_from_json, body_to_json
from duokua.store.values.words import both

_WHAT = Text("上架信息有误", "what the listing says is wrong")
audit.register(
    {
        "listing.draft": Text("起草上架", "listing drafted"),
        "listing.change": Text("发起上架变更", "change of a listing begun"),
        "listing.save": Text("保存上架草稿", "draft of a listing saved"),
        "listing.drop": Text("放弃上架草稿", "draft of a listing dropped"),
        "listing.submit": Text("提交上架审核", "listing submitted for review"),
    }
)


@transaction.atomic
def draft(dataset: str, body: ListingBody | None, *, by: str, now: datetime) -> Listing:
    """Draft (起草) the listing of a dataset, by default as its contract proposes.

    :raises NotFound: there is no such dataset.
    :raises Conflict: it has a listing.
    :raises Invalid: the body names what is not there.
    """
    contract = lake.contract(dataset)
    body = body or sharing.proposed(contract)
    _keepable(body, contract)
    row = Listing(
        id=dataset, kind=ResourceKind.DATA, dataset_id=dataset, owner_id=contract.owner,
        created_at=now, created_by=by, changed_at=now, **heads(body),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            Text(f"数据集“{dataset}”已有上架记录", f"dataset {dataset!r} has a listing"),
            Text("请修改该记录", "change that one"),
        ) from None
    _begin(row, 1, body, by, now)
    audit.record("listing.draft", by=by, of=row.id, at=now)
    return row


def heads(body: ListingBody) -> dict[str, Any]:
    """Return the columns of a listing's row that repeat its body."""
    return {
        "title_zh": body.title.zh,
        "title_en": body.title.en,
        "share_class": body.share_class,
        "level": body.level,
        "domain": body.domain,
    }


@transaction.atomic
def change(listing_id: str, *, by: str, now: datetime) -> ListingVersion:
    """Begin a change (变更): a draft that says what is on show, which stays on show meanwhile.

    Of a withdrawn listing it is the way back.

    :raises NotFound: there is no such listing.
    :raises Conflict: another version is under way.
    """
    row = listing_row(listing_id)
    if read.under_way(row) is not None:
        raise _under_way()
    number = read.newest_number(row) + 1
    try:
        with transaction.atomic():
            made = _begin(row, number, body_from_json(version_row(row).body), by, now)
    except IntegrityError:  # another began one at this moment
        raise _under_way() from None
    audit.record("listing.change", by=by, of=row.id, at=now, detail={"version": number})
    return made


def _begin(row: Listing, number: int, body: ListingBody, by: str, now: datetime) -> ListingVersion:
    return ListingVersion.objects.create(
        listing=row, number=number, body=body_to_json(body),
        created_at=now, created_by=by, changed_at=now,
    )  # fmt: skip


@transaction.atomic
def save(
    listing_id: str, body: ListingBody, *, revision: int, by: str, now: datetime
) -> ListingVersion:
    """Save a draft as it is, whole or not; ``revision`` is that of the draft that was changed.

    :raises NotFound: there is no draft.
    :raises Invalid: the body names what is not there, or is too long.
    :raises Conflict: somebody else saved or submitted it first.
    """
    row = listing_row(listing_id)
    version = read.need_under_way(row)
    _keepable(body, lake.contract(row.dataset_id or ""))
    if version.state != VersionState.DRAFT:
        raise moved(version)
    move(version, VersionState.DRAFT, now=now, revision=revision, body=body_to_json(body))
    if not row.shown:
        Listing.objects.filter(id=row.id).update(changed_at=now, **heads(body))
    audit.record("listing.save", by=by, of=row.id, at=now, detail={"version": version.number})
    return version


@transaction.atomic
def drop(listing_id: str, *, by: str, now: datetime) -> None:
    """Drop (放弃) the draft; what is on show stays.

    :raises NotFound: there is no draft.
    :raises Conflict: it is being reviewed.
    """
    row = listing_row(listing_id)
    version = read.need_under_way(row)
    move(version, VersionState.DROPPED, now=now)
    notes.settle(row.id, now)
    audit.record("listing.drop", by=by, of=row.id, at=now, detail={"version": version.number})


@transaction.atomic
def submit(listing_id: str, *, by: str, now: datetime, acting_for: str = "") -> ListingVersion:
    """Submit (提交) the draft to its assessment.

    :raises NotFound: there is no draft.
    :raises Invalid: naming all that is wrong with what it says.
    :raises Conflict: it is submitted already.
    """
    row = listing_row(listing_id)
    version = read.need_under_way(row)
    body = sharing.stated(body_from_json(version.body))
    dataset = row.dataset_id or ""
    ready(body, lake.contract(dataset), dataset)
    move(
        version, VersionState.ASSESSMENT, now=now,
        submitted_at=now, submitted_by=by, body=body_to_json(body),
    )  # fmt: skip
    notes.hand_over(row, version, now)
    detail = {"version": version.number, "acting_for": acting_for}
    audit.record("listing.submit", by=by, of=row.id, at=now, detail=detail)
    return version


@transaction.atomic
def write_whole(dataset: str, body: ListingBody, *, by: str, now: datetime) -> ListingVersion:
    """Draft a listing, or change it, to what ``body`` says, and submit it at once.

    :raises NotFound: there is no such dataset.
    :raises Invalid: naming all that is wrong with what it says.
    :raises Conflict: a version is being reviewed.
    """
    row = Listing.objects.filter(id=dataset).first()
    if row is None:
        draft(dataset, body, by=by, now=now)
    else:
        version = read.under_way(row) or change(dataset, by=by, now=now)
        save(dataset, body, revision=version.revision, by=by, now=now)
    return submit(dataset, by=by, now=now)


def ready(body: ListingBody, contract: Contract, dataset: str) -> None:
    """Check what is to be reviewed, and that no open interface tells what it closes.

    :raises Invalid: naming every fault.
    """
    faults = sharing.check(body, contract)
    if not faults:
        for info in exchange.interfaces(dataset=dataset, limit=500):
            made = info.interface
            shut = list(sharing.closed_items(body, made.columns)) if made.open else []
            faults += [sharing.open_fault(name, made.id) for name in shut]
    if faults:
        raise invalid(_WHAT, faults)


def _keepable(body: ListingBody, contract: Contract) -> None:
    if faults := sharing.check(body, contract, draft=True):
        raise Invalid(_WHAT, faults[0].mend, faults=tuple(faults))


def move(
    version: ListingVersion,
    to: VersionState,
    *,
    now: datetime,
    revision: int | None = None,
    **fields: Any,
) -> None:
    """Move a version, or keep it where it is with other ``fields``: guarded, one wins.

    :raises Conflict: there is no such move, or somebody else was first.
    """
    before = VersionState(version.state)
    if to != before and to not in VERSION_MOVES[before]:
        raise moved(version)
    expected = version.revision if revision is None else revision
    changes = {**fields, "state": to, "revision": expected + 1, "changed_at": now}
    done = ListingVersion.objects.filter(id=version.pk, state=before, revision=expected).update(
        **changes
    )
    if not done:
        raise moved(version)
    for name, value in changes.items():
        setattr(version, name, value)


def moved(version: ListingVersion) -> Conflict:
    """Return the error that somebody was first, or that a version stands elsewhere."""
    version.refresh_from_db()
    state = both(VersionState(version.state))
    return Conflict(
        Text(f"该版本已被他人修改，现为“{state.zh}”",
             f"somebody else was first; this version is at {state.en!r} now"),
        Text("请刷新后再操作", "reload the page and look again"),
    )  # fmt: skip


def _under_way() -> Conflict:
    return Conflict(
        Text("已有版本正在起草或审核", "another version is being written or reviewed"),
        Text("请先办结该版本", "finish that one first"),
    )


def is_on_show(row: Listing) -> bool:
    """Tell whether others see a listing now."""
    return row.state in (ListingState.PUBLISHED, ListingState.NOTICE)

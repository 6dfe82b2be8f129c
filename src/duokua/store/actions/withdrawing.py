"""Withdrawing a listing (下架): announced with its blast radius, complete when the notice has run.

Until then it stays on show with a banner, and the announcement may be taken back. Grants that live
go on: ending them is the owner's own act. The way back is a new version that walks the whole review.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Conflict, Fault, Invalid
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.store.actions import listing_notes as notes
from duokua.store.actions.reviewing import set_listing
from duokua.store.models import Listing
from duokua.store.selectors.listing import listing_row
from duokua.store.selectors.notice import notice_end
from duokua.store.states.listing import LISTING_MOVES, VISIBLE, ListingState
from duokua.store.values.words import both

_MOST = 500
_BY = "system"
audit.register(
    {
        "listing.announce": Text("公示下架", "withdrawal of a listing announced"),
        "listing.keep": Text("撤销下架公示", "announced withdrawal taken back"),
        "listing.withdraw": Text("资源下架", "listing withdrawn"),
    }
)


@transaction.atomic
def announce(
    listing_id: str,
    *,
    reason: str,
    successor: str | None = None,
    by: str,
    now: datetime,
    until: datetime | None = None,
) -> Listing:
    """Announce (公示) that a listing will be withdrawn, by default after the notice of the law pack.

    :raises NotFound: there is no such listing.
    :raises Invalid: no reason, or the successor is not on show.
    :raises Conflict: it is not on show, or somebody else was first.
    """
    row = listing_row(listing_id)
    _check(row, reason, successor)
    _need_move(row, ListingState.NOTICE)
    ends = until or notice_end(now)
    set_listing(
        row, state=ListingState.NOTICE, notice_until=ends, reason=reason.strip(),
        successor_id=successor or None, changed_at=now,
    )  # fmt: skip
    day = ends.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    title = Text(f"下架公示：{row.title_zh}", f"To be withdrawn: {row.title_en}")
    body = Text(f"将于 {day} 下架：{row.reason}", f"it goes on {day}: {row.reason}")
    notes.tell_users(row, _cause(row), title, body, now)
    notes.tell_followers(row, _cause(row), title, body, now)
    detail = {"until": ends.isoformat(), "successor": successor or ""}
    audit.record("listing.announce", by=by, of=row.id, at=now, detail=detail)
    return row


def _cause(row: Listing) -> str:
    return f"listing.notice:{row.id}"


def _check(row: Listing, reason: str, successor: str | None) -> None:
    faults: list[Fault] = []
    if not reason.strip() or len(reason) > _MOST:
        faults.append(
            Fault("reason", Text("须写明理由，至多 500 字", "a reason of at most 500 characters"),
                  Text("请写明理由", "state the reason"))
        )  # fmt: skip
    if successor:
        found = Listing.objects.filter(id=successor, state__in=VISIBLE, level__lt="L4").first()
        if found is None or found.id == row.id:
            faults.append(
                Fault("successor", Text("没有这一在架资源", "it is not on show"),
                      Text("请填另一个在架资源的编号", "name another listing that is on show"))
            )  # fmt: skip
    if faults:
        what = Text("下架公示有误", "the announcement is wrong")
        raise Invalid(what, faults[0].mend, faults=tuple(faults))


@transaction.atomic
def keep(listing_id: str, *, by: str, now: datetime) -> Listing:
    """Take an announced withdrawal back (撤销公示).

    :raises NotFound: there is no such listing.
    :raises Conflict: none is announced, or somebody else was first.
    """
    row = listing_row(listing_id)
    if row.state != ListingState.NOTICE:
        raise _elsewhere(row)
    _back_on_show(row, now)
    audit.record("listing.keep", by=by, of=row.id, at=now)
    return row


def _back_on_show(row: Listing, now: datetime) -> None:
    set_listing(
        row, state=ListingState.PUBLISHED, notice_until=None, reason="", successor=None,
        changed_at=now,
    )  # fmt: skip
    notify.clear(_cause(row), now=now)


def complete_due(*, now: datetime) -> list[str]:
    """Withdraw every listing whose notice has run; return their ids. Doing it again is no change."""
    due = Listing.objects.filter(state=ListingState.NOTICE, notice_until__lte=now)
    return [
        each for each in due.order_by("id").values_list("id", flat=True) if _complete(each, now)
    ]


@transaction.atomic
def _complete(listing_id: str, now: datetime) -> bool:
    row = listing_row(listing_id)
    if row.state != ListingState.NOTICE or row.notice_until is None or row.notice_until > now:
        return False  # taken back at this moment
    set_listing(row, state=ListingState.WITHDRAWN, changed_at=now)
    notify.clear(_cause(row), now=now)
    title = Text(f"已下架：{row.title_zh}", f"Withdrawn: {row.title_en}")
    body = Text(row.reason, row.reason)
    notes.tell_users(row, f"listing.withdrawn:{row.id}", title, body, now)
    notes.tell_followers(row, f"listing.withdrawn:{row.id}", title, body, now)
    audit.record("listing.withdraw", by=_BY, of=row.id, at=now)
    return True


def _need_move(row: Listing, to: ListingState) -> None:
    if to not in LISTING_MOVES[ListingState(row.state)]:
        raise _elsewhere(row)


def _elsewhere(row: Listing) -> Conflict:
    now = both(ListingState(row.state))
    return Conflict(
        Text(f"该资源现为“{now.zh}”", f"the listing stands at {now.en!r}"),
        Text("请刷新后再操作", "reload the page and look again"),
    )

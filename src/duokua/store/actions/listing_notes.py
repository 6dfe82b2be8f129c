"""Telling people of a listing: whose turn it is, what became of it, what followers should know."""

from __future__ import annotations

from datetime import datetime

from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note, Weight
from duokua.store.models import Follow, Listing, ListingVersion, Request
from duokua.store.states.listing import VersionState
from duokua.store.states.request import LIVE
from duokua.store.values.reviewing import DUTIES
from duokua.store.values.words import both

_TURN = Text("待审核：{title}", "To be reviewed: {title}")
_BACK = Text("上架被退回：{title}", "Returned: {title}")
_SHOWN = Text("已上架：{title}", "Listed: {title}")


def _turn(listing_id: str) -> str:
    return f"listing.turn:{listing_id}"


def title_of(row: Listing) -> Text:
    """Return a listing's title."""
    return Text(row.title_zh, row.title_en)


def page_of(listing_id: str) -> str:
    """Return the address of a listing's page."""
    return f"/store/listings/{listing_id}/"


def hand_over(row: Listing, version: ListingVersion, now: datetime) -> None:
    """Tell the post whose turn it is that a version waits."""
    settle(row.id, now)
    stage = VersionState(version.state)
    role = DUTIES[stage]
    for department in _departments(role, row.owner_id, now):
        notify.tell(
            Note(
                cause=_turn(row.id),
                title=_titled(_TURN, row),
                body=both(stage),
                department=department,
                role=role,
                link="/store/review/",
            ),
            now=now,
        )


def _departments(role: Role, owner: str, now: datetime) -> list[str]:
    """Return where a stage's post sits: the head at the owner, the others wherever they are."""
    if role == Role.HEAD:
        return [owner]
    return identity.departments_with(role, now)


def settle(listing_id: str, now: datetime) -> None:
    """Nobody's turn any more."""
    notify.clear(_turn(listing_id), now=now)


def returned(row: Listing, version: ListingVersion, comment: str, now: datetime) -> None:
    """Tell whoever submitted a version that it came back."""
    settle(row.id, now)
    note = Note(
        cause=f"listing.back:{row.id}:{version.number}",
        title=_titled(_BACK, row),
        body=Text(comment, comment),
        person=version.submitted_by,
        link=f"{page_of(row.id)}edit/",
    )
    notify.tell(note, now=now)


def shown(row: Listing, version: ListingVersion, now: datetime) -> None:
    """Tell the owner's stewards, and followers of a changed listing, that it is on show."""
    settle(row.id, now)
    cause = f"listing.shown:{row.id}:{version.number}"
    told = {"cause": cause, "title": _titled(_SHOWN, row), "weight": Weight.NOTE}
    link = page_of(row.id)
    notify.tell(Note(department=row.owner_id, role=Role.STEWARD, link=link, **told), now=now)  # type: ignore[arg-type]
    words = Text("您关注的资源有新版本", "a resource that you follow has a new version")
    tell_followers(
        row, cause, _titled(Text("已更新：{title}", "Changed: {title}"), row), words, now
    )


def tell_followers(
    row: Listing, cause: str, title: Text, body: Text, now: datetime, *, but: str = ""
) -> None:
    """Tell everybody who follows a listing, but for one person."""
    names = Follow.objects.filter(listing=row).exclude(username=but)
    for name in names.values_list("username", flat=True):
        note = Note(
            cause=cause, title=title, body=body, person=name,
            weight=Weight.NOTE, link=page_of(row.id),
        )  # fmt: skip
        notify.tell(note, now=now)


def tell_users(row: Listing, cause: str, title: Text, body: Text, now: datetime) -> None:
    """Tell the departments that use a listing now."""
    live = Request.objects.filter(listing=row, state__in=LIVE)
    for department in sorted(set(live.values_list("department_id", flat=True))):
        for role in (Role.STEWARD, Role.DEVELOPER):
            note = Note(
                cause=cause, title=title, body=body, department=department, role=role,
                link=page_of(row.id),
            )  # fmt: skip
            notify.tell(note, now=now)


def _titled(form: Text, row: Listing) -> Text:
    return Text(form.zh.replace("{title}", row.title_zh), form.en.replace("{title}", row.title_en))

"""Keeping what a probe found (探测记录), and telling whom it concerns."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from duokua.exchange.facade import Check, Probed
from duokua.identity import facade as identity
from duokua.identity.facade import Role
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note, Weight
from duokua.store.models import Probe, Request


def keep(row: Request, probed: Probed, *, after: str, now: datetime) -> Probe:
    """Keep the record of a probe within the caller's transaction."""
    return Probe.objects.create(
        request=row,
        grant=row.grant_id or "",
        after=after,
        passed=probed.passed,
        checks=[{**asdict(check), "way": probed.way} for check in probed.checks],
        took_ms=probed.took_ms,
        at=now,
    )


def could_not(error_zh: str, error_en: str) -> Probed:
    """Return the record of a grant that could not even be opened."""
    return Probed("", (Check("opened", "—", f"{error_zh} · {error_en}"[:300], passed=False),), 0)


def link(row: Request) -> str:
    """Return the page of a grant in use."""
    return f"/me/resources/{row.id}/"


def tell_requester(row: Request, title: Text, body: Text, *, now: datetime) -> None:
    """Tell whoever asked."""
    cause = f"store.use:{row.id}:{row.state}"
    note = Note(cause, title, body, person=row.requested_by, weight=Weight.NOTE, link=link(row))
    notify.tell(note, now=now)


def tell_owner(row: Request, title: Text, body: Text, *, now: datetime) -> None:
    """Tell the stewards of the department that owns the data."""
    note = Note(
        f"store.owner:{row.id}:{row.state}", title, body,
        department=row.provider_id, role=Role.STEWARD, link=f"/store/resources/{row.id}/",
    )  # fmt: skip
    notify.tell(note, now=now)


def tell_bureau(row: Request, title: Text, body: Text, *, now: datetime) -> None:
    """Tell the data bureau that something is not as it has to be."""
    for department in identity.departments_with(Role.BUREAU, now):
        note = Note(
            f"store.probe:{row.id}", title, body, department=department, role=Role.BUREAU,
            weight=Weight.ALARM, link=f"/store/resources/{row.id}/",
        )  # fmt: skip
        notify.tell(note, now=now)


def name_of(row: Request) -> Text:
    """Return the title of what was asked for."""
    return Text(row.listing.title_zh, row.listing.title_en)

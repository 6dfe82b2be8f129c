"""Pages of call receipts (调用凭证): who used what, why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from duokua.exchange import facade as exchange
from duokua.identity import policy
from duokua.identity.facade import Person, departments
from duokua.kernel import clock, environment
from duokua.kernel.clock import SHANGHAI, iso
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import csv_answer, list_answer
from duokua.portal.records import closing_of, record
from duokua.portal.scope import Scope, scopes
from duokua.serving import receipt_index
from duokua.serving.receipt_index import ReceiptRow
from duokua.store.facade import using

PAGE_ROWS = 50
EXPORT_ROWS = 10_000


def folder() -> Path:
    """The folder of the receipts' ledger."""
    return environment.read().ledger / "receipts"


def index() -> Path:
    """The file of the receipts' index."""
    return environment.read().ledger / "receipts-index.sqlite3"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; empty fields restrict nothing. ``until`` is the last whole day."""

    interface: str | None
    client: str | None
    purpose: str | None
    since: date | None
    until: date | None
    before: int | None
    request: str | None = None  # its number: the calls under every grant that it had
    oldest: bool = False  # first; then ``before`` is the number after which a page begins

    @classmethod
    def of(cls, request: HttpRequest) -> Filter:
        """Read the query string; what cannot be read restricts nothing."""
        asked = request.GET
        before = asked.get("after", "")
        oldest = asking.order(request, ("time",)) == "time"
        return cls(
            interface=asked.get("interface") or None,
            client=(asked.get("client") or "").strip() or None,
            purpose=(asked.get("purpose") or "").strip() or None,
            since=asking.day(request, "since"),
            until=asking.day(request, "until"),
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
            request=(asked.get("request") or "").strip() or None,
            oldest=oldest,
        )


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    if day is None or day >= date.max - timedelta(days=days + 1):
        return None
    return datetime.combine(day + timedelta(days=days), time(), SHANGHAI)


def search(scope: Scope, asked: Filter, limit: int) -> list[ReceiptRow]:
    """Return receipts within a scope, newest first."""
    return receipt_index.find(
        index(),
        interface=asked.interface,
        client=asked.client,
        purpose=asked.purpose,
        departments=scope.departments,
        interfaces=scope.interfaces,
        grants=None if asked.request is None else frozenset(using.grants_of(asked.request)),
        since=_midnight(asked.since),
        until=_midnight(asked.until, 1),
        before_seq=None if asked.oldest else asked.before,
        after_seq=asked.before if asked.oldest else None,
        oldest=asked.oldest,
        limit=limit,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of receipts in the form that the pager reads."""

    next: str | None
    sort: str = ""


@dataclass(frozen=True, slots=True)
class ListedReceipt:
    """A receipt with the names of interface and department."""

    row: ReceiptRow
    interface: Text
    department: Text
    request: str = ""  # the request that its grant was opened for


def named(rows: list[ReceiptRow]) -> list[ListedReceipt]:
    """Put names to interfaces and departments."""
    titles, places = exchange.interface_titles(), departments()
    requests = using.of_grants({row.grant for row in rows})
    return [
        ListedReceipt(
            row,
            titles.get(row.interface, Text(row.interface, row.interface)),
            places.get(row.department, Text(row.department, row.department)),
            requests.get(row.grant, ""),
        )
        for row in rows
    ]


@policy.staff
def receipts(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List receipts by interface, program, purpose and period; ``format=csv`` exports."""
    open_to_me = scopes(person)
    wanted = asking.choice(request, "scope", {one.name for one in open_to_me})
    chosen = next((one for one in open_to_me if one.name == wanted), None)
    scope = chosen or open_to_me[0]
    asked = Filter.of(request)
    if kind := asking.choice(request, "format", asking.EXPORTS) or asking.export(request):
        return _export(kind, search(scope, asked, EXPORT_ROWS))
    rows = search(scope, asked, PAGE_ROWS + 1)
    shown = rows[:PAGE_ROWS]
    context = {
        "rows": named(shown),
        "page": Shown(
            str(shown[-1].seq) if len(rows) > PAGE_ROWS else None,
            "time" if asked.oldest else "-time",
        ),
        "scope": scope,
        "scopes": open_to_me,
        "asked": asked,
        "titles": {
            code: title
            for code, title in exchange.interface_titles().items()
            if scope.interfaces is None or code in scope.interfaces
        },
    }
    return render(request, "portal/receipts.html", context)


def _export(kind: str, rows: list[ReceiptRow]) -> HttpResponseBase:
    requests = using.of_grants({row.grant for row in rows})
    if kind == "json":
        told = [_plain(row) | {"request": requests.get(row.grant, "")} for row in rows]
        return list_answer("json", "receipts", (), told)
    head = [
        _("Receipt"), _("Time"), _("Interface"), _("Program"), _("Department"), _("Person"),
        _("Purpose"), _("Legal basis"), _("Rows"), _("Columns"), _("Status"), _("Grant"),
        _("Request"),
    ]  # fmt: skip
    body = (
        (
            row.id, iso(row.at), row.interface, row.client, row.department, row.person or "",
            row.purpose, row.basis, "" if row.rows is None else row.rows,
            " ".join(row.columns), row.status, row.grant, requests.get(row.grant, ""),
        )
        for row in rows
    )  # fmt: skip
    return csv_answer("receipts", head, body)


def _plain(row: ReceiptRow) -> dict[str, object]:
    names = (
        "id", "interface", "client", "department", "person", "purpose", "basis", "rows", "status",
        "grant",
    )  # fmt: skip
    told: dict[str, object] = {name: getattr(row, name) for name in names}
    return told | {"at": iso(row.at), "columns": list(row.columns)}


@policy.staff
def receipt(request: HttpRequest, person: Person, receipt_id: str) -> HttpResponseBase:
    """Show one receipt with its records and links, and how to verify it offline."""
    row = _visible(person, receipt_id)
    opening = record(folder(), row.seq)
    closing = closing_of(folder(), row.seq) if opening and not _answered(opening.fields) else None
    listed = named([row])[0]
    context = {
        "row": row,
        "listed": listed,
        **_joined(listed.request, person),
        "opening": opening,
        "closing": closing,
        "subjects": len((opening.fields.get("subjects") if opening else None) or []),
        "algorithm": environment.read().ledger_hash,
    }
    return render(request, "portal/receipt.html", context)


def _joined(request_id: str, person: Person) -> dict[str, object]:
    """Return the request behind a receipt with its decisions and newest probe, to whom may see it."""
    try:
        if not request_id:
            return {}
        found = using.resource(request_id, person, now=clock.now())
        return {
            "used": found,
            "used_open": using.shows_request(request_id, person),
            "decisions": using.decided(request_id, person),
        }
    except NotFound:
        return {}


def _answered(fields: dict[str, object]) -> bool:
    return fields.get("rows") is not None


def _visible(person: Person, receipt_id: str) -> ReceiptRow:
    """Return the receipt; absent and not visible are the same answer.

    A receipt that is a moment old may not be indexed yet: the index is brought up to date once.
    """
    seq = receipt_index.seq_of(receipt_id)
    row = receipt_index.one(index(), seq)
    if row is None and seq > 0 and record(folder(), seq) is not None:
        receipt_index.catch_up(folder(), index())
        row = receipt_index.one(index(), seq)
    if row is None or not any(scope.sees(row) for scope in scopes(person)):
        raise Http404(receipt_id)
    return row

"""Resources of the store for programs: found as on the store's pages, one with its data items."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.shell.door import staff
from duokua.store import facade
from duokua.store.forms.finding import question_of
from duokua.store.values.listing import body_to_json
from duokua.store.values.listing_page import ItemRow, ListingPage, Product
from duokua.store.values.plain import card_row


@staff("GET", "HEAD")
def resources(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what fits a question and the chosen facets, as the store's search does."""
    question = question_of(request.GET)
    found = facade.find(question, person, now=clock.now())
    return JsonResponse(
        {
            "resources": [card_row(card) for card in found.cards],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "loose": found.loose,
        }
    )


@staff("GET", "HEAD")
def resource(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Return what a listing says, its data items and the interfaces that can be asked for.

    :raises NotFound: there is none, or the person may not look at it.
    """
    return JsonResponse(_whole(facade.listing_page(listing_id, person, now=clock.now())))


def _whole(page: ListingPage) -> dict[str, Any]:
    info = page.info
    plain = ("id", "kind", "dataset", "owner", "state", "successor", "quality", "stars", "ratings")
    times = {"published_at": info.published_at, "changed_at": info.changed_at,
             "notice_until": info.notice_until, "refreshed_at": page.refreshed_at}  # fmt: skip
    body = {name: told for name, told in body_to_json(info.body).items() if name != "items"}
    return {
        **{name: getattr(info, name) for name in plain},
        "version": info.number,
        "calls_30_days": info.heat,
        **{name: iso(at) if at else None for name, at in times.items()},
        **body,
        "items": [_item(row) for row in page.items],
        "interfaces": [_interface(each) for each in page.products],
        "may": sorted(page.may),
    }


def _item(row: ItemRow) -> dict[str, Any]:
    column = row.column
    return {
        "name": column.name,
        "title": _both(column.title),
        "type": column.kind.value,
        "level": column.level.name,
        "personal": column.personal,
        "unit": column.unit,
        "key": row.key,
        "share_class": row.share.share_class,
        "law": row.share.law,
    }


def _interface(each: Product) -> dict[str, Any]:
    return {
        "id": each.id,
        "title": _both(each.title),
        "shape": each.shape,
        "open": each.open,
        "as_of": each.as_of,
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}

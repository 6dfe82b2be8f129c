"""The page of a listing (资源详情), and what users say there: rate, ask, answer, follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.exchange.forms.page import SHAPES
from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError, Invalid
from duokua.lake.cells import cell_words
from duokua.lang.contract import Contract
from duokua.lang.interface import Shape
from duokua.store import facade
from duokua.store.values.synthetic import synthetic_rows
from duokua.store.values.vocabulary import CYCLES, DOMAINS, WAYS
from duokua.store.views.cart import RECENT

_SAMPLE = 5
_MOST_RECENT = 12


@policy.staff
def listing(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Show what a listing is, how good, how to get it, and what others say of it.

    :raises NotFound: there is none, or the person may not look at it.
    """
    answer = _page(request, person, listing_id)
    _remember(request, listing_id)
    return answer


def _page(
    request: HttpRequest, person: Person, listing_id: str, told: DuokuaError | None = None
) -> HttpResponseBase:
    page = facade.listing_page(listing_id, person, now=clock.now())
    body = page.info.body
    context = {
        "page": page,
        "info": page.info,
        "body": body,
        "domain": DOMAINS.get(body.domain),
        "cycle": CYCLES[body.cycle].title if body.cycle in CYCLES else None,
        "ways": [WAYS[way] for way in body.ways],
        "shapes": [(each, *SHAPES[Shape(each.shape)]) for each in page.products],
        "sample": _sample(page.contract),
        "route": facade.route_of(page, now=clock.now()),
        "told": told,
        "stars": range(5, 0, -1),
    }
    return render(request, "store/listing.html", context, status=422 if told else 200)


def _sample(contract: Contract) -> list[list[object]]:
    """Return made-up rows: real ones are reached through an interface only."""
    rows = synthetic_rows(contract, _SAMPLE)
    return [[cell_words(row[c.name], c) for c in contract.columns] for row in rows]


def _remember(request: HttpRequest, listing_id: str) -> None:
    kept = request.session.get(RECENT)
    before = [str(each) for each in kept] if isinstance(kept, list) else []
    if before[:1] != [listing_id]:
        recent = [listing_id, *(each for each in before if each != listing_id)]
        request.session[RECENT] = recent[:_MOST_RECENT]


@require_POST
@policy.staff
def say(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Rate, ask, answer, follow or unfollow; then show the page again.

    :raises NotFound: there is no such listing, or the person may not look at it.
    :raises NotAllowed: it is not theirs to do.
    """
    facade.seen_listing(listing_id, person)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise PermissionDenied
    try:
        place = act(request, person, listing_id, clock.now())
    except Invalid as error:
        return _page(request, person, listing_id, error)
    return redirect(reverse("listing", args=[listing_id]) + place)


def _rate(request: HttpRequest, person: Person, listing_id: str, now: datetime) -> str:
    stars, text = request.POST.get("stars", ""), request.POST.get("text", "")
    number = int(stars) if stars.isascii() and stars.isdigit() else 0
    facade.rate_listing(listing_id, by=person, stars=number, text=text, now=now)
    messages.success(request, _("Thank you. Your department's rating is kept."))
    return "#ratings"


def _ask(request: HttpRequest, person: Person, listing_id: str, now: datetime) -> str:
    facade.ask_question(listing_id, by=person, text=request.POST.get("text", ""), now=now)
    messages.success(request, _("The owner's stewards were told; the answer comes to your inbox."))
    return "#questions"


def _answer(request: HttpRequest, person: Person, listing_id: str, now: datetime) -> str:
    number, text = request.POST.get("question", ""), request.POST.get("text", "")
    if not (number.isascii() and number.isdigit()):
        raise PermissionDenied
    facade.answer_question(listing_id, int(number), by=person, text=text, now=now)
    return "#questions"


def _follow(request: HttpRequest, person: Person, listing_id: str, now: datetime) -> str:
    facade.follow_listing(listing_id, by=person, now=now)
    return ""


def _unfollow(request: HttpRequest, person: Person, listing_id: str, now: datetime) -> str:
    facade.unfollow_listing(listing_id, by=person)
    return ""


_ACTS: dict[str, Callable[[HttpRequest, Person, str, datetime], str]] = {
    "rate": _rate,
    "ask": _ask,
    "answer": _answer,
    "follow": _follow,
    "unfollow": _unfollow,
}

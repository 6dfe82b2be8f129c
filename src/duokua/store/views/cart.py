"""The page of the cart (选购车)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.store.facade import asking as facade
from duokua.store.views.wizard import ASKERS

RECENT = "store_recent"  # in the session: ids of listings that were looked at, newest first
_MOST_RECENT = 6


@policy.roles(*ASKERS)
def cart(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the cart; its button drafts a request for each line."""
    told: DuokuaError | None = None
    if request.method == "POST":
        try:
            drafts = facade.draft_cart(person, now=clock.now())
            return redirect("request_product", drafts[0])
        except DuokuaError as error:
            told = error
    items = facade.cart_of(person)
    recent = request.session.get(RECENT)
    ids = [str(each) for each in recent] if isinstance(recent, list) else []
    context = {
        "items": items,
        "told": told,
        "recent": [] if items else facade.listings_named(ids[:_MOST_RECENT], person.department),
    }
    return render(request, "store/cart.html", context, status=422 if told else 200)


@require_POST
@policy.roles(*ASKERS)
def cart_add(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Put a listing into the cart, or choose its product; with ``now`` draft its request at once.

    :raises NotFound: there is no such listing, or they may not know of it.
    :raises Invalid: it has no such product, or the cart is full.
    """
    listing, product = request.POST.get("listing", ""), request.POST.get("product", "")
    if request.POST.get("act") == "ask":
        made = facade.draft_request(listing, product, person, now=clock.now())
        return redirect("request_product", made)
    facade.fill_cart(listing, person, product=product, now=clock.now())
    messages.success(request, _("In the cart"))
    return redirect("cart")


@require_POST
@policy.roles(*ASKERS)
def cart_remove(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Take a listing out of the cart."""
    facade.drop_from_cart(request.POST.get("listing", ""), person)
    return redirect("cart")

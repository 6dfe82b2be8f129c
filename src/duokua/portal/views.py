"""The search over everything: what is on offer, and the catalogue behind it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from duokua.exchange import facade as exchange
from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.store import facade as store
from duokua.store.values.finding import Question

_HITS = 20


@policy.staff
def search_page(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Find what the store offers, and datasets and interfaces of the catalogue, by words."""
    words = (request.GET.get("q") or "").strip()[:100]
    context = {
        "words": words,
        "listings": store.find(Question(words), person, now=clock.now()) if words else None,
        "datasets": lake.datasets(search=words, limit=_HITS, viewer=person.viewer) if words else [],
        "interfaces": exchange.interfaces(search=words, limit=_HITS, viewer=person.viewer)
        if words
        else [],
    }
    return render(request, "portal/search.html", context)


@policy.anyone
def health(request: HttpRequest) -> HttpResponse:
    """Tell the gateway that the portal answers."""
    return HttpResponse(status=204)

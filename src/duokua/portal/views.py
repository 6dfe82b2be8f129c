"""The search over everything, and where the store begins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from duokua.exchange import facade as exchange
from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.lake import facade as lake

_HITS = 20


@policy.staff
def search_page(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Find datasets and interfaces by words."""
    words = (request.GET.get("q") or "").strip()[:100]
    context = {
        "words": words,
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

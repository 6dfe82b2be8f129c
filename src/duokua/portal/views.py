"""The home page and the search over everything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from duokua.exchange import facade as exchange
from duokua.exchange.access import grant_card
from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.portal.figures import calls
from duokua.portal.receipts import Filter, index, named, search
from duokua.portal.scope import scopes

_MOST = 10_000
_RECENT = 5
_HITS = 20


@policy.signed_in
def home(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the search, the figures, my department's grants and the latest receipts."""
    granted = exchange.grants(department=person.department)
    live = [info for info in granted if info.state == "active"]
    interfaces = {
        info.interface.id: info for info in exchange.interfaces(limit=_MOST, viewer=person.viewer)
    }
    datasets = lake.datasets(limit=_MOST, viewer=person.viewer)
    context = {
        "datasets": len(datasets),
        "rows": sum(info.rows or 0 for info in datasets),
        "interfaces": len(interfaces),
        "open": sum(info.interface.open for info in interfaces.values()),
        "calls": calls(index(), clock.now()),
        "live": len(live),
        "grants": [
            (grant_card(info, metered=False), interfaces.get(info.grant.interface))
            for info in live[:_RECENT]
        ],
        "receipts": named(search(scopes(person)[0], Filter.of(request), _RECENT)),
        "suggested": list(interfaces.values())[:3],
    }
    return render(request, "portal/home.html", context)


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


@policy.signed_in
def store(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Lead to the interfaces, which are what the store offers."""
    return redirect("interfaces")


@policy.anyone
def health(request: HttpRequest) -> HttpResponse:
    """Tell the gateway that the portal answers."""
    return HttpResponse(status=204)

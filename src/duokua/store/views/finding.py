"""Finding resources: the store's home, the results, suggestions while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import csv_answer
from duokua.shell.language import active
from duokua.store import facade
from duokua.store.forms.finding import LONGEST, question_of
from duokua.store.values.finding import SORT_TITLES, Card
from duokua.store.values.plain import card_row
from duokua.store.values.vocabulary import DOMAINS

_MOST_EXPORTED = 1_000
_KINDS = (
    ("application", "stack-2", Text("应用", "Applications"),
     Text("场景应用与系统", "scenario applications and systems")),
    ("data", "database", Text("数据", "Data"),
     Text("数据集与数据接口", "datasets and their interfaces")),
    ("component", "blocks", Text("组件", "Components"),
     Text("可复用的公共组件", "parts to build with")),
    ("cloud", "cloud", Text("云资源", "Cloud"),
     Text("计算、存储与网络", "computing, storage, network")),
)  # fmt: skip


@policy.staff
def home(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the store like a search engine: a question, four kinds, what others look for."""
    shown = facade.store_home(person, now=clock.now())
    context = {
        "home": shown,
        "kinds": [
            (name, title, icon, hint, shown.kinds.get(name, 0))
            for name, icon, title, hint in _KINDS
        ],
        "domains": [(name, title, shown.domains.get(name, 0)) for name, title in DOMAINS.items()],
    }
    return render(request, "store/finding_home.html", context)


@policy.staff
def results(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show what fits, with facets; as CSV or JSON with ``export``."""
    question = question_of(request.GET)
    asking.choice(request, "sort", SORT_TITLES)
    if export := asking.export(request):
        now = clock.now()
        found = facade.found_ids(question, person, now=now, limit=_MOST_EXPORTED)
        return _as_json(found) if export == "json" else _as_csv(found)
    told = facade.find(question, person, now=clock.now())
    if question.page > told.pages:
        return redirect(reverse("store_search") + _query(request))
    context = {
        "question": question,
        "results": told,
        "sorts": SORT_TITLES,
        "chips": [
            (facet.name, value) for facet in told.facets for value in facet.values if value.chosen
        ],
        "before": question.page - 1,
        "next": question.page + 1 if question.page < told.pages else None,
        "language": active(),
    }
    return render(request, "store/finding_results.html", context)


@policy.staff
def suggest(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Answer with titles and addresses that fit what was typed so far."""
    words = request.GET.get("q", "")[:LONGEST]
    found = facade.suggest(words, person, now=clock.now())
    told = [
        {"text": title.in_(active()), "url": reverse("listing", args=[name]), "hint": name}
        for name, title in found
    ]
    return JsonResponse({"suggestions": told})


def _query(request: HttpRequest) -> str:
    rest = request.GET.copy()
    rest.pop("page", None)
    return f"?{rest.urlencode()}" if rest else ""


def _as_json(found: tuple[Card, ...]) -> HttpResponseBase:
    answer = JsonResponse(
        {"listings": [card_row(card) for card in found]}, json_dumps_params={"ensure_ascii": False}
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="listings.json"'
    return answer


def _as_csv(found: tuple[Card, ...]) -> HttpResponseBase:
    rows = [card_row(card) for card in found]
    head = list(rows[0]) if rows else ["id"]
    return csv_answer("listings", head, [[row[name] for name in head] for row in rows])

"""What an address asks of the search (检索条件); whatever it says, something can be looked for."""

from __future__ import annotations

from django.http import QueryDict

from duokua.engine.finding_query import FACETS, SORTS
from duokua.store.values.finding import Question

LONGEST = 100  # characters of a question
_MOST_PAGES = 50


def question_of(given: QueryDict) -> Question:
    """Read a question: words, facets, order and page; what is none is left out."""
    sort, page = given.get("sort", ""), given.get("page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 1
    return Question(
        words=given.get("q", "").strip()[:LONGEST],
        filters={
            name: tuple(dict.fromkeys(values))[:40]
            for name in FACETS
            if (values := given.getlist(name))
        },
        sort=sort if sort in SORTS else "relevance",
        page=min(max(1, number), _MOST_PAGES),
    )

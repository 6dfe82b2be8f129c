"""The figures of the law (规则参数): what the clocks run by, since when, and how well it is known."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.lang.parameter import MARKS
from duokua.lists.exports import csv_answer
from duokua.store.facade import law as facade


@policy.signed_in
def law(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show every parameter, or those in force on a day; also as CSV and JSON."""
    now = clock.now()
    day = _day(request.GET.get("day", ""))
    found = facade.lines_at(day, now)
    if request.GET.get("export") == "csv":
        told = (facade.plain(line) for line in found)
        return csv_answer("law", facade.HEAD, [list(row.values()) for row in told])
    if request.GET.get("export") == "json":
        answer = JsonResponse(
            {"parameters": [facade.plain(line) for line in found]},
            json_dumps_params={"ensure_ascii": False},
        )
        answer["Content-Disposition"] = 'attachment; filename="law.json"'
        return answer
    pack = facade.pack()
    context = {
        "pack": pack,
        "lines": found,
        "day": day.isoformat() if day else "",
        "grounds": facade.grounds(now),
        "marks": [(mark.value, *words) for mark, words in MARKS.items()],
        "years": sorted(pack.calendar.published),
        "published": clock.district_day(now).year in pack.calendar.published,
    }
    return render(request, "store/law.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

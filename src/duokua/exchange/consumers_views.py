"""The part of a dataset's page that tells who uses it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from duokua.exchange.consumers import consumers_of
from duokua.identity import policy
from duokua.identity.facade import Person, departments
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade as lake


@policy.staff
def consumers(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Name the consumers to the owner's department and to those who watch; count them for others.

    :raises NotFound: there is no such dataset, or this person may not know of it.
    """
    info = lake.describe(dataset_id, viewer=person.viewer)
    found = consumers_of(dataset_id, now=clock.now())
    names = departments()
    context = {
        "rows": [
            (one, names.get(one.department, Text(one.department, one.department))) for one in found
        ],
        "named": person.viewer is None or person.department == info.owner,
        "departments": len({one.department for one in found}),
    }
    return render(request, "exchange/consumers.html", context)

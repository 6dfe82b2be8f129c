"""Saved views of the desk (常用视图)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.loop.facade import desk as saved
from duokua.loop.views.desk import PLAIN
from duokua.shell.templatetags.duokua import say

_KEPT = frozenset((*PLAIN, "scope"))


@require_POST
@policy.staff
def keep(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Keep the desk's filter under a name.

    :raises Invalid: there is no name, or one too long.
    :raises Conflict: they keep as many as there may be.
    """
    told = parse_qsl(request.POST.get("query", "").lstrip("?"))
    query = urlencode([(name, value) for name, value in told if name in _KEPT and value])
    row = saved.keep(request.POST.get("name", ""), query, person, now=clock.now())
    messages.success(request, _("Saved: %(name)s") % {"name": say(row.name)})
    return redirect(f"{reverse('cases')}?{row.query}")


@require_POST
@policy.staff
def forget(request: HttpRequest, person: Person, view_id: int) -> HttpResponseBase:
    """Delete a saved view.

    :raises NotFound: they have none of that number.
    """
    saved.forget(view_id, person)
    messages.success(request, _("Deleted"))
    return redirect("cases")

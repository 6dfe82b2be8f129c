"""The page on which a person says how they want to be told (通知设置)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.notify import facade

_MODES = (
    ("never", gettext_lazy("Never")),
    ("at_once", gettext_lazy("At once")),
    ("daily", gettext_lazy("Once a day, together")),
)
_TITLES = {"mail": gettext_lazy("Mail"), "chat": gettext_lazy("Chat service")}
_HINTS = {"mail": "a@example.org", "chat": "dingtalk://token"}


@policy.signed_in
def my_notices(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show by which channel a person is told of what; a post changes one channel."""
    told, fault = None, None
    if request.method == "POST":
        told = request.POST.get("channel", "")
        modes = {weight.value: request.POST.get(weight.value, "never") for weight in facade.Weight}
        try:
            facade.wish(person, told, request.POST.get("place", ""), modes, now=clock.now())
        except Invalid as error:
            fault = error.faults[0]
        else:
            messages.success(request, _("Kept."))
            return redirect(request.path)
    context = {
        "rows": [
            (each, _TITLES[name], _HINTS[name], _choices(each.modes))
            for name, each in facade.wishes(person).items()
        ],
        "modes": _MODES,
        "fault": fault,
        "told": told,
        "place": request.POST.get("place", ""),
    }
    return render(request, "notify/my_notices.html", context, status=422 if fault else 200)


def _choices(modes: object) -> list[tuple[facade.Weight, str]]:
    found = dict(modes) if isinstance(modes, dict) else {}
    return [(weight, found.get(weight.value, "never")) for weight in facade.Weight]

"""What the doors have in common: where a sign-in leads, and the words of a wait."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext


def safe_target(request: HttpRequest) -> str:
    """Return the page that was asked for before the sign-in, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe else "/"


def too_many(wait_s: int) -> str:
    """Return the sentence of a wait of ``wait_s`` seconds."""
    return ngettext(
        "Too many attempts. Try again in %(seconds)d second.",
        "Too many attempts. Try again in %(seconds)d seconds.",
        wait_s,
    ) % {"seconds": wait_s}

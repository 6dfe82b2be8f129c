"""Switches of language and theme, and the pages of errors."""

from __future__ import annotations

from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from duokua.identity import policy
from duokua.identity.facade import DISTRICT_WIDE, Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import (
    Conflict,
    DuokuaError,
    Invalid,
    NotAllowed,
    NotFound,
    Unavailable,
)
from duokua.shell.context import ELDER_COOKIE, THEME_COOKIE, THEMES
from duokua.shell.language import active
from duokua.shell.style import style_values

_STATUS: dict[type[DuokuaError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Invalid: 422,
    Conflict: 409,
    Unavailable: 503,
}
_YEAR_S = 365 * 86_400


@policy.anyone
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back."""
    return set_language(request)


@policy.anyone
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back."""
    wanted = request.POST.get("theme", "auto")
    return _back(request, THEME_COOKIE, wanted if wanted in THEMES else None)


@policy.anyone
@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Keep in a cookie whether letters are large and things are few (关怀版), and go back."""
    wanted = request.POST.get("elder", "")
    return _back(request, ELDER_COOKIE, wanted if wanted in ("on", "off") else None)


def _back(request: HttpRequest, cookie: str, value: str | None) -> HttpResponse:
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    answer = redirect(back if safe else "/")
    if value is not None:
        answer.set_cookie(cookie, value, max_age=_YEAR_S, samesite="Lax")
    return answer


@policy.signed_in
def style(request: HttpRequest, person: Person) -> HttpResponse:
    """Show every part that pages share, in both themes (样式)."""
    return render(request, "shell/style.html", style_values(clock.now()))


def _page(request: HttpRequest, status: int, title: str, text: str, **more: object) -> HttpResponse:
    context = {"status": status, "error_title": title, "error_text": text, **more}
    return render(request, "shell/error.html", context, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: absent or not visible to this person; offers the search."""
    return _page(
        request,
        404,
        _("This page does not exist"),
        _("It may have moved, or it is not visible to you."),
        offer_search=True,
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: says which role is needed and who grants it."""
    title = _("You may not open this page")
    if not isinstance(exception, policy.RoleNeeded):
        return _page(request, 403, title, _("Ask whoever answers for it."))
    needed, of = set(exception.roles), exception.department
    if needed >= set(Role) - {Role.CITIZEN}:
        text = _("It is for those who work at a department or an enterprise.")
        return _page(request, 403, title, text)
    wide = [role.label for role in Role if role in needed & DISTRICT_WIDE]
    own = [role.label for role in Role if role in needed - DISTRICT_WIDE]
    grantors = [(own, departments().get(of, of) if of else "")] if own else []
    return _page(request, 403, title, "", own=grantors, wide=wide)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is too old, or it was not sent from this site."""
    return _page(
        request,
        403,
        _("The form has expired"),
        _("Go back, load the page again and send the form once more."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request cannot be understood."""
    return _page(request, 400, _("The request cannot be understood"), _("Check the address."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: shows the code under which the log tells what happened."""
    return _page(
        request,
        500,
        _("Something went wrong on our side"),
        _("Nothing you entered is to blame. Give this code to the service desk:"),
        fault=request.META.get("duokua.fault", ""),
    )


def domain_error(request: HttpRequest, error: DuokuaError) -> HttpResponse:
    """Show an error of the domain: what, and how to mend it."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    if status == 404:
        return not_found(request, error)
    say = active()
    return _page(request, status, error.what.in_(say), error.mend.in_(say), faults=error.faults)


def is_unexpected(error: Exception) -> bool:
    """Tell whether Django has no page of its own for this error."""
    known = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, ObjectDoesNotExist)
    return not isinstance(error, known)

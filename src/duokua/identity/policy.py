"""Who may open a page (访问策略): default deny, every view states its policy.

A view without one stops the start (:mod:`duokua.identity.checks`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from duokua.identity.facade import Person, Role, person_of

P = ParamSpec("P")
ANYONE = "anyone"
SIGNED_IN = "signed_in"


class RoleNeeded(PermissionDenied):
    """The page needs one of ``roles``; where it is one department's, in that department."""

    def __init__(self, *roles: Role, department: str = "") -> None:
        super().__init__(", ".join(roles))
        self.roles = roles
        self.department = department


class _View(Protocol[P]):
    def __call__(
        self, request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase: ...


def _page_of(request: HttpRequest) -> str:
    """Return where to go back to after signing in: of a form that was sent, the page that it is on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return request.get_full_path()
    return page.path + (f"?{page.query}" if page.query else "")


def opens(person: Person | None, path: str) -> bool:
    """Tell whether the page at an address of this house opens to a person, as their posts go.

    What the page then shows them, and whether there is such an object, it decides by itself.
    """
    policy = _policy_at(path.partition("?")[0])
    if policy == ANYONE:
        return True
    if person is None or policy is None:
        return False
    return policy == SIGNED_IN or person.wearing(policy) is not None


@functools.lru_cache(maxsize=512)
def _policy_at(path: str) -> Any:
    try:
        return getattr(resolve(path).func, "policy", None)
    except Resolver404:
        return None


def anyone(view: _View[P]) -> _View[P]:
    """Let everybody open the page, signed in or not."""
    view.policy = ANYONE  # type: ignore[attr-defined]
    return view


def signed_in(
    view: Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase],
) -> _View[P]:
    """Let every signed-in person open the page; the view is handed the person."""
    return roles(*Role)(view)


def staff(
    view: Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase],
) -> _View[P]:
    """Let everyone open the page who works somewhere, so not residents; it is handed the person."""
    return roles(*(role for role in Role if role is not Role.CITIZEN))(view)


def roles(
    *allowed: Role,
) -> Callable[[Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase]], _View[P]]:
    """Let whoever holds one of these roles, also by delegation, open the page.

    The view is handed the person in the role that let them in.
    """

    def declare(
        view: Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase],
    ) -> _View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            person = person_of(request)
            if person is None:
                return redirect_to_login(_page_of(request), reverse("sign_in"))
            worn = person.wearing(allowed)
            if worn is None:
                raise RoleNeeded(*allowed)
            return view(request, worn, *args, **kwargs)

        guarded.policy = SIGNED_IN if set(allowed) == set(Role) else tuple(allowed)  # type: ignore[attr-defined]
        return guarded

    return declare

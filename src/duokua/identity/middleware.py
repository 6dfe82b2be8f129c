"""End of an idle sign-in (闲置退出), and what somebody owes before they may go on."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from duokua.identity import entering
from duokua.kernel import clock

_SEEN = "seen"
QUIET = "X-Quiet"  # a page that asks for news by itself is nobody at work
_REFRESH_S = 60  # so that not every page writes to the database
_OPEN = frozenset(("sign_in", "sign_out", "set_language", "set_theme", "health"))


class IdleEnd:
    """Signs a person out who has opened no page for ``SESSION_IDLE_S`` seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(clock.now().timestamp())
            idle = now - int(request.session.get(_SEEN, now - _REFRESH_S - 1))
            if idle > settings.SESSION_IDLE_S:
                logout(request)
                request.session[entering.ENDED] = True  # the door says why
            elif idle > _REFRESH_S and request.headers.get(QUIET) != "1":
                request.session[_SEEN] = now
        return self.get_response(request)


class Owing:
    """Leads to the password or the second step whoever has to set one before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        owed = entering.owed(request)
        if owed and _name(request.path_info) not in _OPEN | {owed}:
            return redirect(owed)
        return self.get_response(request)


def _name(path: str) -> str | None:
    try:
        return resolve(path).url_name
    except Resolver404:
        return None

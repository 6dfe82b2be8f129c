"""End of an idle sign-in (闲置退出)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from duokua.kernel import clock

_SEEN = "seen"
_REFRESH_S = 60  # so that not every page writes to the database


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
            elif idle > _REFRESH_S:
                request.session[_SEEN] = now
        return self.get_response(request)

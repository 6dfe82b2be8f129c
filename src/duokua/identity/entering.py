"""The last act of every way to sign in: a new session, and what has to be done first in it."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest

from duokua.identity import second_step
from duokua.identity.models import User
from duokua.kernel import clock

ENDED = "ended"  # the session before this one ended by being idle
_OWES_STEP = "owes_second_step"
_BY_PROVIDER = "by_provider"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def enter(request: HttpRequest, user: User, *, by_provider: bool = False) -> None:
    """Begin a session of a person; nothing of the stranger's before it is carried over."""
    request.session.flush()
    login(request, user, backend=_BACKEND)
    if by_provider:
        request.session[_BY_PROVIDER] = True
    if second_step.is_owed(user, clock.now()):
        request.session[_OWES_STEP] = True
    request.session.clear_expired()


def owed(request: HttpRequest) -> str:
    """Return the name of the page that a signed-in person has to see first, or nothing."""
    user = request.user
    if not isinstance(user, User):
        return ""
    # Whoever came through a provider needs no password here, so none has to be changed.
    if user.must_change and not request.session.get(_BY_PROVIDER):
        return "password"
    return "second_step" if request.session.get(_OWES_STEP) else ""


def settled(request: HttpRequest) -> None:
    """Note that the second step has been set up."""
    request.session.pop(_OWES_STEP, None)

"""The pages of the second step: its place in the sign-in, and setting it up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from duokua.identity import entering, policy, second_step
from duokua.identity.actions import SignInDelayed, SignInRefused
from duokua.identity.address import client_address
from duokua.identity.facade import Person
from duokua.identity.models import User
from duokua.identity.words import safe_target, too_many
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, NotAllowed

_HALF = "half"  # who has given the password, and when
_HALF_S = 300


def begin(request: HttpRequest, user: User, target: str = "") -> HttpResponse:
    """Remember who has given the password, or was vouched for, and ask for the code.

    ``target``: where the sign-in of a provider leads.
    """
    by_provider = bool(target)
    target = target or safe_target(request)
    request.session.flush()
    request.session[_HALF] = [user.pk, int(clock.now().timestamp()), target, by_provider]
    return redirect("sign_in_code")


@policy.anyone
@never_cache
@sensitive_post_parameters("code")
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code and end the sign-in; without a fresh password begin anew."""
    half = request.session.get(_HALF)
    if not half or clock.now().timestamp() - half[1] > _HALF_S:
        return redirect("sign_in")
    user = User.objects.filter(pk=half[0], is_active=True).first()
    if user is None:
        return redirect("sign_in")
    if request.method != "POST":
        return _ask(request, "", 200)
    try:
        second_step.check(
            user.username,
            request.POST.get("code", "")[:40],
            address=client_address(request),
            now=clock.now(),
        )
    except SignInDelayed as wait:
        answer = _ask(request, too_many(wait.wait_s), 429)
        answer.headers["Retry-After"] = str(wait.wait_s)
        return answer
    except SignInRefused:
        return _ask(request, _("The code is wrong or was used. Wait for the next one."), 422)
    entering.enter(request, user, by_provider=half[3])
    return redirect(half[2])


def _ask(request: HttpRequest, fault: str, status: int) -> HttpResponse:
    context = {"fault": fault, "bare": True}
    return render(request, "identity/sign_in_code.html", context, status=status)


@policy.signed_in
@sensitive_post_parameters("code")
def set_up(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show how the second step stands; offer a seed, confirm it, or switch it off."""
    fault, emergency, status = "", [], 200
    code = request.POST.get("code", "")[:40]
    try:
        if request.method == "POST" and request.POST.get("act") == "confirm":
            emergency = second_step.confirm(person.username, code, now=clock.now())
            entering.settled(request)
        elif request.method == "POST" and request.POST.get("act") == "off":
            second_step.switch_off(person.username, code, now=clock.now())
            messages.success(request, _("The second step is off."))
            return redirect("second_step")
    except SignInDelayed as wait:
        fault, status = too_many(wait.wait_s), 429
    except SignInRefused:
        fault, status = _("The code is wrong or was used. Wait for the next one."), 422
    except NotAllowed:
        fault, status = _("Your post has to have a second step."), 422
    except Conflict:
        return redirect("second_step")
    standing = second_step.standing(person.username)
    context = {
        "standing": standing,
        "offer": None if standing.on else second_step.offer(person.username),
        "emergency": emergency,
        "fault": fault,
        "owed": entering.owed(request) == "second_step",
    }
    return render(request, "identity/second_step.html", context, status=status)

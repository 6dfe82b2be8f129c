"""Sign-in, sign-out and a person's own page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from duokua.identity import actions, entering, facade, policy, second_step, second_step_views
from duokua.identity.address import client_address
from duokua.identity.facade import Person, Role
from duokua.identity.forms import SignInForm
from duokua.identity.words import safe_target, too_many
from duokua.kernel import clock, environment


@policy.anyone
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or check it and begin a new session."""
    if request.method != "POST":
        if facade.person_of(request):
            return redirect(safe_target(request))
        return render(request, "identity/sign_in.html", _page(request, SignInForm()))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render(request, "identity/sign_in.html", _page(request, form), status=422)
    try:
        user = actions.sign_in(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            address=client_address(request),
            now=clock.now(),
        )
    except actions.SignInDelayed as wait:
        form.add_error(None, too_many(wait.wait_s))
        answer = render(request, "identity/sign_in.html", _page(request, form), status=429)
        answer.headers["Retry-After"] = str(wait.wait_s)
        return answer
    except actions.SignInRefused:
        form.add_error(None, _("The user name or the password is wrong."))
        return render(request, "identity/sign_in.html", _page(request, form), status=422)
    if actions.takes_second_step(user):
        return second_step_views.begin(request, user)
    entering.enter(request, user)
    return redirect(safe_target(request))


def _page(request: HttpRequest, form: SignInForm) -> dict[str, object]:
    return {
        "form": form,
        "next": safe_target(request),
        "bare": True,
        "idle_minutes": settings.SESSION_IDLE_S // 60,
        "ended": request.session.pop(entering.ENDED, False),
        "provider": environment.read().sign_in.provider,
    }


@policy.anyone
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    answer = redirect("sign_in")
    for name, path in settings.VISIT_COOKIES:
        answer.delete_cookie(name, path=path, samesite="Strict")
    return answer


@policy.signed_in
def me(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show who I am, my sign-ins, language and theme."""
    context = {
        "visits": facade.visits(person.username),
        "second_step": second_step.standing(person.username),
        "more_posts": sorted(person.roles - {person.role}),
        "manages": Role.ADMIN in person.hats,
    }
    return render(request, "identity/me.html", context)

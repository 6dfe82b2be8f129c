"""Signing in through the configured provider: there and back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duokua.identity import actions, entering, oidc, policy, second_step_views
from duokua.identity.actions import SignInRefused
from duokua.identity.address import client_address
from duokua.identity.words import safe_target
from duokua.kernel import clock, environment
from duokua.kernel.errors import Unavailable
from duokua.kernel.sign_in_settings import Provider

_FLOW = "provider_flow"  # what was sent, when, and where the sign-in leads
_FLOW_S = 600


@policy.anyone
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send whoever wants to sign in to the provider."""
    provider = _provider()
    try:
        address, flow = oidc.begin(provider, _back(request))
    except Unavailable:
        return _sorry(request, _("%(name)s does not answer. Sign in by password.") % _named())
    at = int(clock.now().timestamp())
    kept = [flow.state, flow.nonce, flow.verifier, at, safe_target(request)]
    request.session[_FLOW] = kept
    return redirect(address)


@policy.anyone
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Take whom the provider vouches for; each flow counts once."""
    provider, now = _provider(), clock.now()
    kept = request.session.pop(_FLOW, None)
    if not kept or now.timestamp() - kept[3] > _FLOW_S:
        return _sorry(request, _("That sign-in took too long. Begin again."))
    told = {name: str(value)[:2000] for name, value in request.GET.items()}
    try:
        name = oidc.finish(provider, oidc.Flow(*kept[:3]), _back(request), told)
        user = actions.sign_in_by_provider(
            username=name, way=provider.name, address=client_address(request), now=now
        )
    except Unavailable:
        return _sorry(request, _("%(name)s does not answer. Sign in by password.") % _named())
    except oidc.ProviderRefused:
        return _sorry(request, _("%(name)s did not confirm who you are.") % _named())
    except SignInRefused:
        told_so = _("%(name)s knows you, but you have no account here. Ask your administrator.")
        return _sorry(request, told_so % _named())
    if actions.takes_second_step(user):
        return second_step_views.begin(request, user, kept[4])
    entering.enter(request, user, by_provider=True)
    return redirect(kept[4])


def _provider() -> Provider:
    provider = environment.read().sign_in.provider
    if provider is None:
        raise Http404
    return provider


def _named() -> dict[str, str]:
    return {"name": _provider().name}


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("provider_back"))


def _sorry(request: HttpRequest, told: str) -> HttpResponse:
    messages.error(request, told)
    return redirect("sign_in")

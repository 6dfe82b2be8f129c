"""Pages of grants in use: what my department uses, who uses ours, one of them, and acts on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.exchange import facade as exchange
from duokua.exchange.access import (
    GrantCard,
    Meter,
    ShownColumn,
    grant_card,
    meters_of,
    shown_columns,
)
from duokua.identity import policy
from duokua.identity.facade import Person, departments
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, DuokuaError, Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.store.facade import using
from duokua.store.facade.asking import renew_request
from duokua.store.facade.using import Resource, ResourcePage
from duokua.store.selectors.use import USED
from duokua.store.selectors.use_list import SORTS
from duokua.store.states.request import RequestState
from duokua.store.values.plain import use_row

_HEAD = (
    "request", "listing", "interface", "purpose", "state", "department", "client", "calls_90_days",
    "rows_90_days", "last_call", "ends_at", "idle_since", "probe_passed",
)  # fmt: skip
_RING = 100.53  # the way round a ring of radius 16


@dataclass(frozen=True, slots=True)
class Shown:
    """A resource with the names of its departments and its quota."""

    it: Resource
    department: Text
    provider: Text
    meters: tuple[Meter, ...] = ()

    @property
    def state(self) -> RequestState:
        """Its state, with a label."""
        return RequestState(self.it.request.state)

    @property
    def ring(self) -> str:
        """How far round the ring of its first quota is, as SVG wants it."""
        if not self.meters:
            return f"0 {_RING}"
        used = min(1.0, self.meters[0].used / self.meters[0].limit)
        return f"{used * _RING:.1f} {_RING}"

    @property
    def percent(self) -> int:
        """How much of its first quota is used."""
        return round(100 * self.meters[0].used / self.meters[0].limit) if self.meters else 0


@policy.staff
def my_resources(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what my department uses, with quota and calls; also as CSV and JSON."""
    asked, now = _asked(request), clock.now()
    if kind := asking.export(request):
        return _export(kind, using.every_resource(person, asked, owned=False, now=now))
    page = using.my_resources(person, asked, **_place(request), now=now)
    return _list(request, page, asked, _metered(person.department, now), "store/my_resources.html")


@policy.roles(*using.WATCHERS)
def our_resources(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List who uses what is ours, for what and how much; bureau and auditor see all."""
    asked, now = _asked(request), clock.now()
    if kind := asking.export(request):
        return _export(kind, using.every_resource(person, asked, owned=True, now=now))
    page = using.our_resources(person, asked, **_place(request), now=now)
    return _list(request, page, asked, {}, "store/our_resources.html")


def _asked(request: HttpRequest) -> dict[str, str]:
    return {
        "q": asking.words(request),
        "state": asking.choice(request, "state", {each.value for each in USED}),
        "department": asking.choice(request, "department", departments()),
        "idle": asking.choice(request, "idle", ("1",)),
    }


def _place(request: HttpRequest) -> dict[str, str | None]:
    return {"sort": asking.order(request, SORTS), "after": request.GET.get("after")}


def _metered(department: str, now: datetime) -> dict[str, tuple[Meter, ...]]:
    live = [one for one in exchange.grants(department=department, now=now) if one.state == "active"]
    return meters_of(live)


def _list(
    request: HttpRequest,
    page: ResourcePage,
    asked: dict[str, str],
    meters: dict[str, tuple[Meter, ...]],
    template: str,
) -> HttpResponseBase:
    context = {
        "rows": _shown(page.found, meters),
        "page": page,
        "asked": asked,
        "states": [RequestState(each) for each in USED],
        "places": departments(),
        "filtered": any(asked.values()),
    }
    return render(request, template, context)


def _shown(found: Iterable[Resource], meters: dict[str, tuple[Meter, ...]]) -> list[Shown]:
    places = departments()

    def name(code: str) -> Text:
        return places.get(code, Text(code, code))

    return [
        Shown(
            one, name(one.request.department), name(one.request.provider),
            meters.get(one.request.grant or "", ()),
        )
        for one in found
    ]  # fmt: skip


def _export(kind: str, found: list[Resource]) -> HttpResponseBase:
    return list_answer(kind, "resources", _HEAD, [use_row(one) for one in found])


@policy.staff
def my_resource(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Show one grant in use: how to call it, its quota, calls, refusals and probes.

    :raises NotFound: there is none, or the person may not know of it.
    """
    return _one(request, person, request_id)


@policy.roles(*using.WATCHERS)
def our_resource(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Show one grant to the owner of the data and to those who watch.

    :raises NotFound: there is none, or the person may not know of it.
    """
    return _one(request, person, request_id)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant shows: its card, columns, and notices of the interface."""

    card: GrantCard
    columns: tuple[ShownColumn, ...]
    sunset: float | None
    successor: str | None


def _granted(one: Resource, now: datetime) -> Granted | None:
    if one.request.grant is None:
        return None
    info = exchange.grant(one.request.grant, now=now)
    interface = exchange.interface(info.grant.interface)
    live = info.state == "active"
    return Granted(
        grant_card(info, metered=live),
        tuple(shown_columns(interface, info)),
        interface.interface.sunset,
        interface.interface.successor,
    )


def _one(
    request: HttpRequest, person: Person, request_id: str, *, told: DuokuaError | None = None
) -> HttpResponseBase:
    now = clock.now()
    one = using.resource(request_id, person, now=now)
    granted = _granted(one, now)
    meters = granted.card.meters if granted else ()
    context = {
        "one": _shown([one], {one.request.grant or "": meters})[0],
        "granted": granted,
        "probes": using.probes(request_id, person),
        "ours": person.department == one.request.department,
        "request_open": using.shows_request(request_id, person),
        "may": using.acts_on(request_id, person),
        "told": told,
        "days": list(zip(one.trend.days, one.trend.calls, strict=True))[-30:],
    }
    status = 422 if isinstance(told, Invalid) else 409 if told else 200
    return render(request, "store/resource.html", context, status=status)


@policy.staff
@require_POST
def resource_act(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Suspend, resume, revoke, give back, keep or renew; tell what the probe found.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: it is not theirs to do.
    """
    verb, now = request.POST.get("act", ""), clock.now()
    if verb == "renew":
        using.resource(request_id, person, now=now)
        return redirect("request_period", renew_request(request_id, person, now=now))
    reason = request.POST.get("reason", "")
    try:
        probed = using.act(request_id, verb, person, reason=reason, now=now)
    except (Conflict, Invalid, Unavailable) as error:
        return _one(request, person, request_id, told=error)
    if probed is not None and probed.passed:
        messages.success(request, _("Done; the probe saw that it is so."))
    elif probed is not None:
        messages.warning(request, _("Done, but the probe did not pass: look at what it saw."))
    elif verb == "keep":
        messages.success(request, _("Noted; it is asked again after another 60 days."))
    else:
        messages.success(request, _("Done; the probe follows as soon as the gateway answers."))
    owner = verb in using.OWNER_ACTS
    return redirect("our_resource" if owner else "my_resource", request_id)

"""Forms of grants (授权开通与撤销), for stewards of the owning department."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.exchange import facade
from duokua.exchange.access import grant_card
from duokua.exchange.forms import page
from duokua.exchange.forms.filters import filter_fields
from duokua.exchange.forms.grant import read_order
from duokua.exchange.forms.owning import own_grant, own_interface
from duokua.exchange.forms.preview import Preview, preview
from duokua.exchange.values import GrantOrder, InterfaceInfo
from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import DuokuaError, Fault, Faults, Invalid
from duokua.kernel.text import Text

PROPOSAL = "grant_proposal"  # in the session: masks and row filter of the interface's form
_YEAR = timedelta(days=365)
_LIMITS = {
    "calls_per_day": Text("每日调用次数", "Calls per day"),
    "rows_per_day": Text("每日行数", "Rows per day"),
    "calls_total": Text("总调用次数", "Calls in total"),
    "rows_total": Text("总行数", "Rows in total"),
    "calls_per_second": Text("每秒调用次数", "Calls per second"),
}
_USUAL = {"quota_calls_per_day": "10000", "quota_calls_per_second": "20"}


@policy.roles(Role.STEWARD)
def open_grant(request: HttpRequest, person: Person, interface_id: str) -> HttpResponseBase:
    """Open a grant of an interface to a program, having looked at what it shows.

    :raises NotFound: there is no such interface.
    :raises NotAllowed: another department owns it.
    """
    info = own_interface(interface_id, person)
    if request.method != "POST":
        return _page(request, info, _proposed(request, info), list(info.interface.columns))
    typed = {name: str(value) for name, value in request.POST.items()}
    ticked = request.POST.getlist("columns")
    faults = Faults()
    order = read_order(typed, ticked, info, faults)
    if not typed.get("client"):
        faults.add("client", "未选择应用", "no program is chosen", "请选择应用", "choose one")
    if faults.found:
        return _page(request, info, typed, ticked, faults=faults.found)
    try:
        if request.POST.get("act") == "preview":
            looked = _look(info, order, person)
            return _page(request, info, typed, ticked, looked=looked)
        opened = facade.open_grant(order, by=person.username, now=clock.now())
    except DuokuaError as error:
        return _page(request, info, typed, ticked, told=error, faults=list(error.faults))
    request.session.pop(PROPOSAL, None)
    messages.success(request, _("The grant is open: %(client)s") % {"client": opened.client_title})
    return redirect("interface", interface_id)


def _proposed(request: HttpRequest, info: InterfaceInfo) -> dict[str, str]:
    until = (clock.now() + _YEAR).astimezone(SHANGHAI).date().isoformat()
    begun = {"valid_until": until, **_USUAL}
    kept = request.session.get(PROPOSAL)
    if isinstance(kept, dict) and kept.get("interface") == info.interface.id:
        begun |= {name: str(value) for name, value in kept["fields"].items()}
    return begun


def _look(info: InterfaceInfo, order: GrantOrder, person: Person) -> Preview | None:
    return preview(info.interface, info.contract, order, {}, by=person.username, now=clock.now())


def _page(
    request: HttpRequest,
    info: InterfaceInfo,
    typed: Mapping[str, str],
    ticked: list[str],
    *,
    told: DuokuaError | None = None,
    faults: list[Fault] | None = None,
    looked: Preview | None = None,
) -> HttpResponseBase:
    by_field: dict[str, list[Fault]] = {}
    for fault in faults or ():
        by_field.setdefault(fault.where, []).append(fault)
    names = set(info.interface.columns)
    served = replace(
        info.contract, columns=tuple(c for c in info.contract.columns if c.name in names)
    )
    context = {
        "info": info,
        "contract": info.contract,
        "typed": typed,
        "told": told,
        "faults": by_field,
        "clients": facade.live_clients(),
        "owners": departments(),
        "rows": page.column_rows(served, ticked, (), typed, by_field),
        "limits": [
            (name, words, typed.get(f"quota_{name}", ""), by_field.get(f"quota/{name}", []))
            for name, words in _LIMITS.items()
        ],
        "preview": looked,
        "looked": looked is not None,
        **filter_fields(typed, by_field),
    }
    status = 422 if told or faults else 200
    return render(request, "exchange/grant_open.html", context, status=status)


@policy.roles(Role.STEWARD)
def revoke_grant(request: HttpRequest, person: Person, grant_id: str) -> HttpResponseBase:
    """Ask for the reason; with one, revoke a grant: no gateway serves under it any more.

    :raises NotFound: there is no such grant.
    :raises NotAllowed: another department owns its interface.
    """
    grant, info = own_grant(grant_id, person)
    told: DuokuaError | None = None
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST":
        try:
            if not reason:
                raise Invalid(
                    Text("请写明撤销原因", "say why it is revoked"),
                    Text("对方会看到该原因", "the other side will see it"),
                )
            facade.revoke_grant(grant_id, reason=reason, by=person.username, now=clock.now())
        except DuokuaError as error:
            told = error
        else:
            messages.success(request, _("Revoked: no call is answered under it any more."))
            return redirect("interface", info.interface.id)
    context = {
        "card": grant_card(grant, metered=False), "info": info, "told": told, "reason": reason,
    }  # fmt: skip
    return render(request, "exchange/grant_revoke.html", context, status=422 if told else 200)

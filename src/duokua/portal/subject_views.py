"""The page of "who used my data" (谁用了我的数据)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from duokua.exchange import tracing
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.portal.receipts import named

TEMPLATE = "portal/subject.html"


@policy.roles(Role.AUDITOR, Role.STEWARD)
@sensitive_post_parameters("subject")
@sensitive_variables("told")
def subject(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the form; a search comes by POST, so that the number stands in no address or log.

    An auditor searches every call, a steward those of the own department's interfaces.
    """
    context: dict[str, object] = {"everything": person.role is Role.AUDITOR}
    if request.method != "POST":
        return render(request, TEMPLATE, context)
    told, reason = request.POST.get("subject", ""), request.POST.get("reason", "")
    owner = None if person.role is Role.AUDITOR else person.department
    try:
        found = tracing.search(
            told, reason=reason, owner=owner, by=person.username, now=clock.now()
        )
    except Invalid as error:
        context |= {"faults": {fault.where: fault for fault in error.faults}, "reason": reason}
        return render(request, TEMPLATE, context, status=422)
    context |= {
        "found": found,
        "certain": named(list(found.uses.certain)),
        "possible": named(list(found.uses.possible)),
        "reason": reason,
    }
    return render(request, TEMPLATE, context)

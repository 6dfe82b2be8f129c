"""Erasing a subject (彻底删除) in the portal: look first, confirm, see how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError, Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.barring import KINDS
from duokua.lake.facade import Whom

_SALT = "lake.erasure"
_GOOD_FOR_S = 3600
_MOST_DATASETS = 10_000


@policy.roles(Role.STEWARD)
def erasures(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show a department's erasures and take one on; only its own datasets are in question."""
    fault: DuokuaError | None = None
    looked: dict[str, object] = {}
    if request.method == "POST":
        try:
            act = request.POST.get("act")
            if act == "erase":
                return _ask(request, person)
            if act == "lift":
                return _lift(request, person)
            looked = _look(request, person)
        except DuokuaError as error:
            fault = error
    context = {
        "erasures": facade.erasures(viewer=person.department),
        "datasets": facade.datasets(
            department=person.department, limit=_MOST_DATASETS, viewer=person.viewer
        ),
        "kinds": KINDS,
        "fault": fault,
        **looked,
    }
    return render(request, "lake/erasures.html", context, status=422 if fault else 200)


def _look(request: HttpRequest, person: Person) -> dict[str, object]:
    """Return the impact; from here on the number itself is not sent again, only its marks."""
    subject = facade.whom(request.POST.get("kind", ""), request.POST.get("subject", ""))
    chosen = [name for name in request.POST.getlist("dataset") if name]
    found = facade.foresee_erasure(
        subject,
        datasets=chosen,
        viewer=person.department,
        by=person.username,
        now=clock.now(),
    )
    told = {"kind": subject.kind, "marks": subject.marks, "known_as": subject.known_as}
    return {
        "found": found,
        "looked": True,
        "chosen": chosen,
        "subject": signing.dumps(told, salt=_SALT),
        "rows": sum(each.rows + each.aside for each in found),
    }


def _ask(request: HttpRequest, person: Person) -> HttpResponseBase:
    try:
        told = signing.loads(request.POST.get("subject", ""), salt=_SALT, max_age=_GOOD_FOR_S)
    except signing.BadSignature:
        what = Text("查询结果已过期", "the look is too old")
        mend = Text("请重新查询", "look again")
        raise Invalid(what, mend, faults=(Fault("subject", what, mend),)) from None
    if request.POST.get("sure") != "yes":
        what = Text("尚未确认", "it is not confirmed")
        mend = Text("请勾选“不可恢复”", "tick that it cannot be undone")
        raise Invalid(what, mend, faults=(Fault("sure", what, mend),))
    subject = Whom(told["kind"], tuple(told["marks"]), tuple(told["known_as"]))
    info = facade.ask_erasure(
        subject,
        datasets=[name for name in request.POST.getlist("dataset") if name],
        reason=request.POST.get("reason", ""),
        basis=request.POST.get("basis", ""),
        viewer=person.department,
        by=person.username,
        now=clock.now(),
    )
    messages.success(
        request, _("Taken on as %(id)s; it goes on in the background.") % {"id": info.id}
    )
    return redirect(request.path)


def _lift(request: HttpRequest, person: Person) -> HttpResponseBase:
    facade.lift_erasure(
        request.POST.get("erasure", ""),
        reason=request.POST.get("reason", ""),
        viewer=person.department,
        by=person.username,
        now=clock.now(),
    )
    messages.success(request, _("Lifted: its rows may land again."))
    return redirect(request.path)

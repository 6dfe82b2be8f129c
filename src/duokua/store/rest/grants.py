"""Grants in use for programs: what my department uses, who uses ours, one of them, acts on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from duokua.exchange.facade import Probed
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.shell.door import body_of, staff
from duokua.store.facade import using
from duokua.store.facade.asking import renew_request
from duokua.store.values.plain import use_row
from duokua.store.values.request import ask_to_json
from duokua.store.values.use import ProbeInfo

FILTERS = ("q", "state", "department", "idle")
VERBS = (*using.OWNER_ACTS, *using.USER_ACTS)


@staff("GET", "HEAD")
def grants(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what my department uses; with ``whose=ours`` who uses what is ours.

    :raises NotAllowed: the person's post does not look at who uses what is ours.
    """
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    after, now = request.GET.get("after"), clock.now()
    ours = request.GET.get("whose") == "ours"
    if ours:
        using.check_watches(person)
    read = using.our_resources if ours else using.my_resources
    page = read(person, asked, sort=request.GET.get("sort"), after=after, now=now)
    return JsonResponse({"grants": [use_row(one) for one in page.found], "next": page.next})


@staff("GET", "HEAD")
def grant(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Return one grant: what was agreed, its digest, what its probes saw, what I may do.

    :raises NotFound: there is none, or the person may not know of it.
    """
    return JsonResponse(_whole(request_id, person))


def _whole(request_id: str, person: Person) -> dict[str, Any]:
    one = using.resource(request_id, person, now=clock.now())
    info = one.request
    return {
        **use_row(one),
        "grant": info.grant,
        "policy": one.policy,
        "agreed": ask_to_json(info.agreed or info.ask),
        "probes": [_probe(each) for each in using.probes(request_id, person)],
        "may": sorted(using.acts_on(request_id, person)),
    }


def _probe(each: ProbeInfo) -> dict[str, Any]:
    return {
        "after": each.after,
        "passed": each.passed,
        "at": iso(each.at),
        "took_ms": each.took_ms,
        "checks": [asdict(check) for check in each.checks],
    }


@staff("POST")
def act(request: HttpRequest, person: Person, request_id: str, verb: str) -> HttpResponseBase:
    """Suspend, resume, revoke, give back, keep or renew; tell what the probe found.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: it is not theirs to do.
    :raises Invalid: there is no such act, or a reason is missing.
    :raises Conflict: it stands otherwise.
    """
    now = clock.now()
    using.resource(request_id, person, now=now)  # who may not know of it learns nothing more
    reason = _reason(body_of(request), verb)
    if verb == "renew":
        made = renew_request(request_id, person, now=now)
        answer = JsonResponse({"id": made}, status=201)
        answer["Location"] = f"/api/v1/requests/{made}"
        return answer
    probed = using.act(request_id, verb, person, reason=reason, now=now)
    return JsonResponse({**_whole(request_id, person), "probed": _seen(probed)})


def _seen(probed: Probed | None) -> bool | None:
    """Return whether the probe passed; ``None``: it is made later, or there is nothing to probe."""
    return None if probed is None else probed.passed


def _reason(body: dict[str, Any], verb: str) -> str:
    faults = Faults()
    for name in body.keys() - {"reason"}:
        faults.add(name[:80], "没有这个名称", "there is no such name", "请删去", "leave it out")
    reason = body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > 4000 or "\0" in reason:
        faults.add("reason", "应为文本", "it is a text", "请改正", "mend it")
    if verb not in VERBS:
        faults.add("verb", "没有这项操作", "there is no such act", f"可用：{'、'.join(VERBS)}",
                   f"one of {', '.join(VERBS)}")  # fmt: skip
    faults.raise_if_any(Text("请求有误", "what is asked is wrong"))
    return str(reason)

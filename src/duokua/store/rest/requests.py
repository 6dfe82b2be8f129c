"""Requests for programs: list, read, draft, submit; the same visibility as on the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.grant import Quota
from duokua.shell.door import body_of, staff
from duokua.store.facade import asking as facade
from duokua.store.rest.description import WORDS, document
from duokua.store.values.request import Ask, RequestLine, ask_from_json, ask_to_json

_FILTERS = ("group", "state", "listing", "q")
_NAMES = ("question", *WORDS)
_LISTS = ("columns", "plain")


@staff("GET", "HEAD", "POST")
def requests(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what a person may see of their and their department's requests, or draft one."""
    if request.method == "POST":
        return _create(request, person)
    asked = {name: request.GET.get(name, "") for name in _FILTERS}
    if request.GET.get("whose") == "mine":
        asked["mine"] = person.username
    page = facade.request_page(
        person, asked, sort=request.GET.get("sort"), after=request.GET.get("after")
    )
    rows = [_line(row) for row in page.rows]
    return JsonResponse({"requests": rows, "next": page.next, "total": page.total})


def _line(row: RequestLine) -> dict[str, Any]:
    plain = ("id", "listing", "interface", "state", "purpose", "department", "provider",
             "requested_by", "bundle")  # fmt: skip
    times = ("submitted_at", "due_at", "ends_at", "changed_at")
    told = {name: getattr(row, name) for name in plain}
    told["title"] = {"zh": row.title.zh, "en": row.title.en}
    return told | {name: _instant(getattr(row, name)) for name in times}


def _instant(at: datetime | None) -> str | None:
    return iso(at) if at else None


@staff("GET", "HEAD")
def request(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Return a request that a person may see, with what is missing while it is a draft."""
    return JsonResponse(_whole(facade.requested(request_id, person), person))


def _whole(of: facade.Matter, person: Person) -> dict[str, Any]:
    info = of.info
    plain = ("id", "listing", "interface", "client", "state", "department", "provider",
             "requested_by", "grant", "renews", "bundle", "revision")  # fmt: skip
    times = ("created_at", "submitted_at", "decided_at", "due_at", "ends_at", "changed_at")
    told = {name: getattr(info, name) for name in plain}
    told |= {name: _instant(getattr(info, name)) for name in times}
    may = facade.acts_open(info.id, person)
    missing = facade.faults_of(of, clock.now()) if "edit" in may else []
    return told | {
        "ask": ask_to_json(info.ask),
        "agreed": ask_to_json(info.agreed) if info.agreed else None,
        "points": of.points,
        "may": sorted(may),
        "missing": [{"pointer": f"/{each.where}", "what": each.what.en} for each in missing],
    }


def _create(request: HttpRequest, person: Person) -> HttpResponseBase:
    body, now = body_of(request), clock.now()
    faults = Faults()
    _check_shape(body, faults)
    faults.raise_if_any(Text("申请内容有误", "what is asked is wrong"))
    made = facade.draft_request(body["listing"], body.get("product", ""), person, now=now)
    of = facade.requested(made, person)
    client = body.get("client")
    if client not in {each.id for each in facade.programs(person)}:
        client = None
    of = facade.save_step(of, _ask(of, body), person, client=client, now=now)
    answer = JsonResponse(_whole(of, person), status=201)
    answer["Location"] = f"/api/v1/requests/{made}"
    return answer


def _check_shape(body: dict[str, Any], faults: Faults) -> None:
    known = {"listing", "product", "client", "duty", "quota", "valid_until", *_NAMES, *_LISTS}
    for name in body:
        if name not in known:
            faults.add(name[:80], "没有这个名称", "there is no such name", "请删去", "leave it out")
    for name in ("listing", "product", "client", *_NAMES):
        told = body.get(name, "")
        if not isinstance(told, str) or len(told) > 4000 or "\0" in told:
            faults.add(name, "应为文本", "it is a text", "请改正", "mend it")
    if not body.get("listing"):
        faults.add("listing", "未指明资源", "the resource is missing", "请填写", "name it")
    for name in _LISTS:
        told = body.get(name, [])
        if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
            faults.add(name, "应为字段名列表", "it is a list of columns", "请改正", "mend it")
    if not isinstance(body.get("duty", False), bool):
        faults.add("duty", "应为真或假", "it is true or false", "请改正", "mend it")
    _check_numbers(body, faults)


def _check_numbers(body: dict[str, Any], faults: Faults) -> None:
    quota = body.get("quota", {})
    limits = quota.items() if isinstance(quota, dict) else [("", None)]
    for name, limit in limits:
        whole = isinstance(limit, int) and not isinstance(limit, bool) and 0 < limit < 10**12
        if name not in Quota.__slots__ or not whole:
            faults.add(f"quota/{str(name)[:40]}", "配额有误", "the quota is wrong",
                       "请给出正整数", "give positive whole numbers")  # fmt: skip
    until = body.get("valid_until")
    try:
        if until is not None:
            clock.from_iso(until)
    except (TypeError, ValueError, OverflowError):
        faults.add("valid_until", "不是时间", "it is no instant", "请写成 2027-05-01T00:00:00+08:00",
                   "write it like 2027-05-01T00:00:00+08:00")  # fmt: skip


def _ask(of: facade.Matter, body: dict[str, Any]) -> Ask:
    """Return the draft's asking with what was sent; columns that are none are left to the check."""
    told = ask_to_json(of.info.ask)
    told |= {name: body[name] for name in (*_NAMES, *_LISTS, "duty", "valid_until") if name in body}
    told["quota"] |= body.get("quota", {})
    columns = of.product.contract.by_name if of.product else {}
    return ask_from_json(told, columns)


@staff("POST")
def submit(request: HttpRequest, person: Person, request_id: str) -> HttpResponseBase:
    """Submit a draft, or what was returned.

    :raises Invalid: something is missing, each at its field.
    """
    facade.submit_request(request_id, person, now=clock.now())
    return JsonResponse(_whole(facade.requested(request_id, person), person))


@staff("GET", "HEAD")
def openapi(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Describe this interface."""
    return JsonResponse(document())

"""On a phone without a connection (离线办理): what is sent later, the page for it, its worker."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, DuokuaError, Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.loop.facade import acting, cases, evidence
from duokua.loop.facade import desk as facade
from duokua.loop.facade import sending as facade_sending
from duokua.loop.forms.asked import read_fields, read_text
from duokua.loop.forms.upload import read_evidence
from duokua.loop.showing.buttons import QUEUED
from duokua.shell.language import active

KEPT_FILES = (
    "vendor/bootstrap/bootstrap.min.css", "vendor/bootstrap/bootstrap.bundle.min.js",
    "vendor/tabler/icons.svg", "django_htmx/htmx-2.min.js", "shell/app.css", "shell/parts.css",
    "shell/store.css", "shell/cases.css", "shell/theme.js", "shell/shell.js", "shell/palette.js",
    "shell/cases.js", "shell/queue.js", "shell/offline.js", "shell/marks.svg", "shell/logo.svg",
)  # fmt: skip
_STATUS = {Conflict: 409, Invalid: 422, NotFound: 404, NotAllowed: 403}


@policy.anyone
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that a phone keeps: it holds nothing of anybody."""
    return render(request, "loop/offline.html", {"bare": True})


@policy.anyone
def worker(request: HttpRequest) -> HttpResponse:
    """Answer with the worker that keeps the offline page and its files on the phone."""
    files = {"files": KEPT_FILES}
    return render(request, "loop/worker.js", files, content_type="text/javascript; charset=utf-8")


@policy.staff
def sending(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Tell who is signed in, with a token for sending; take in a verb or evidence, once by its key."""
    if request.method != "POST":
        return JsonResponse({"person": person.username, "csrf": get_token(request)})
    try:
        _check_sender(request, person)
        key = request.POST.get("key", "")[:80]
        told = facade_sending.once(
            person.username, key, lambda: _taken(request, person), now=clock.now()
        )
    except DuokuaError as error:
        return JsonResponse(_told(error), status=_STATUS.get(type(error), 422))
    return JsonResponse(told)


def _told(error: DuokuaError) -> dict[str, Any]:
    say = active()
    return {"code": error.code, "what": error.what.in_(say), "mend": error.mend.in_(say)}


def _check_sender(request: HttpRequest, person: Person) -> None:
    if request.POST.get("person") != person.username:
        raise Conflict(
            Text("登录的不是填写人", "somebody else is signed in than who filled this in"),
            Text("请以填写人身份登录后发送", "sign in as who filled it in, and send again"),
        )


def _taken(request: HttpRequest, person: Person) -> dict[str, Any]:
    now, form = clock.now(), request.POST
    number = form.get("number", "")[:32]
    if "ask" in form:
        info = cases.case(number, person, now=now)
        given = read_evidence(request, info, facade.forms(info))
        piece = evidence.give(
            number, given.task, ask=given.ask, upload=given.upload, body=given.body,
            person=person, now=now,
        )  # fmt: skip
        return {"number": number, "evidence": piece.id}
    verb = form.get("verb", "")
    if verb not in QUEUED:
        raise Invalid(
            Text("此操作需在线办理", "this is done on the page of the case only"),
            Text("请打开事件页面", "open the page of the case"),
        )
    info = acting.act(
        number, verb, person, task=_number(form.get("task")), revision=_number(form.get("revision")),
        text=read_text(form), fields=read_fields(form), now=now,
    )  # fmt: skip
    return {"number": info.number, "state": str(info.row.state)}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None

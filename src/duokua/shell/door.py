"""The door of the management interface: who is signed in, and errors as problem documents."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person, Role, person_of
from duokua.kernel.errors import DuokuaError, Fault, Faults
from duokua.kernel.text import Text
from duokua.serving.problems import MEDIA_TYPE, TYPE_BASE
from duokua.shell.language import active

P = ParamSpec("P")
MOST_BODY = 256 << 10  # bytes
STAFF = tuple(role for role in Role if role is not Role.CITIZEN)
_STATUS = {
    "invalid": 422, "not_found": 404, "not_allowed": 403, "conflict": 409, "unavailable": 503,
}  # fmt: skip
_SIGN_IN = Text("请先登录", "sign in first")
_WHY = Text("需要登录后调用", "this is open to people who are signed in")
_ROLE = Text("您的岗位不能使用此功能", "your post may not use this")
_ASK = Text("请联系部门管理员", "ask the administrator of your department")


class _View(Protocol[P]):
    def __call__(
        self, request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase: ...


def staff(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase]],
    _View[P],
]:
    """Let everyone call it who works somewhere, by one of ``methods``; it is handed the person."""

    def declare(
        view: Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase],
    ) -> _View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            person = person_of(request)
            if person is None:
                return problem(401, "signed_out", _WHY, _SIGN_IN)
            worn = person.wearing(STAFF)
            if worn is None:
                return problem(403, "not_allowed", _ROLE, _ASK)
            if request.method not in methods:
                return _no_method(methods)
            try:
                return view(request, worn, *args, **kwargs)
            except DuokuaError as error:
                status = _STATUS.get(error.code, 400)
                return problem(status, error.code, error.what, error.mend, error.faults)

        guarded.policy = STAFF  # type: ignore[attr-defined]
        return guarded

    return declare


def _no_method(methods: tuple[str, ...]) -> HttpResponse:
    answer = HttpResponse(status=405)
    answer["Allow"] = ", ".join(methods)
    return answer


def problem(
    status: int, code: str, what: Text, mend: Text, faults: tuple[Fault, ...] = ()
) -> JsonResponse:
    """Answer with an RFC 9457 problem document in the caller's language."""
    language = active()
    body: dict[str, Any] = {
        "type": f"{TYPE_BASE}{code}",
        "title": what.in_(language),
        "status": status,
        "detail": mend.in_(language),
        "code": code,
    }
    if faults:
        body["errors"] = [
            {
                "pointer": f"/{fault.where.lstrip('/')}",
                "what": fault.what.in_(language),
                "mend": fault.mend.in_(language),
            }
            for fault in faults
        ]
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent.

    :raises Invalid: it is none, or too large.
    """
    faults = Faults()
    try:
        told = json.loads(request.body[: MOST_BODY + 1]) if request.body else {}
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or len(request.body) > MOST_BODY:
        faults.add("", "正文不是 JSON 对象或过大", "the body is no JSON object, or too large",
                   "请发送 JSON 对象", "send a JSON object")  # fmt: skip
    faults.raise_if_any(Text("正文有误", "the body is wrong"))
    assert isinstance(told, dict)  # noqa: S101 - else it was refused
    return told

"""Cases for programs: list, read, act; the same visibility and verbs as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.loop.facade import acting
from duokua.loop.facade import cases as facade
from duokua.loop.values.case import CaseInfo
from duokua.shell.door import body_of, staff

FILTERS = ("q", "pack", "level", "state", "department", "mine", "team", "verify", "overdue", "sort")
_MOST_PAGE = 200
_MOST_WORD = 2000


@staff("GET", "HEAD")
def cases(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List what a person may see, those that are due first before the others."""
    asked = {name: request.GET.get(name, "")[:200] for name in FILTERS}
    told = request.GET.get("limit", "50")
    limit = int(told) if told.isascii() and told.isdecimal() and len(told) < 5 else 50
    page = facade.page(
        person, asked, after=request.GET.get("after"), limit=min(limit, _MOST_PAGE),
        now=clock.now(),
    )  # fmt: skip
    return JsonResponse({"cases": [plain(row) for row in page.rows], "next": page.next})


@staff("GET", "HEAD")
def case(request: HttpRequest, person: Person, number: str) -> HttpResponseBase:
    """Return a case with all that the person may see and do."""
    return JsonResponse(whole(facade.case(number, person, now=clock.now())))


@staff("POST")
def act(request: HttpRequest, person: Person, number: str, verb: str) -> HttpResponseBase:
    """Do something with a case; answer with it as it is afterwards."""
    facade.case(number, person, now=clock.now())  # what one may not see is absent, whatever is sent
    body = body_of(request)
    _check(body)
    told = acting.act(
        number, verb, person, task=body.get("task"), revision=body.get("revision"),
        text=body.get("text", ""), fields=MappingProxyType(body.get("fields", {})),
        now=clock.now(),
    )  # fmt: skip
    return JsonResponse(whole(told))


def _check(body: Mapping[str, Any]) -> None:
    faults = Faults()
    for name in body:
        if name not in ("task", "revision", "text", "fields"):
            faults.add(name[:80], "没有这个名称", "there is no such name", "请删去", "leave it out")
    for name in ("task", "revision"):
        told = body.get(name)
        whole_number = isinstance(told, int) and not isinstance(told, bool)
        if told is not None and not (whole_number and 0 <= told < 10**15):
            faults.add(name, "应为非负整数", "it is a whole number", "请改正", "mend it")
    if not isinstance(body.get("text", ""), str) or len(body.get("text", "")) > _MOST_WORD:
        faults.add("text", "应为不太长的文本", "it is a text, not too long", "请改正", "mend it")
    fields = body.get("fields", {})
    if not isinstance(fields, dict) or not all(
        isinstance(value, str) and len(value) <= _MOST_WORD and "\0" not in value
        for value in fields.values()
    ):
        faults.add("fields", "应为文本键值", "it maps names to texts", "请改正", "mend it")
    faults.raise_if_any(Text("正文有误", "the body is wrong"))


def whole(info: CaseInfo) -> dict[str, Any]:
    """Return a case as plain values, its line and the rest of it on one level."""
    told = {each.name: plain(getattr(info, each.name)) for each in fields_of(info)}
    row: dict[str, Any] = told.pop("row")
    return row | told


def plain(value: Any) -> Any:
    """Return a frozen value as JSON tells it: names as they are, instants with offset."""
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields_of(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(each) for each in value]
    return value

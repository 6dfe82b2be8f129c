"""Evidence for programs (证据): a file as a form, anything else as JSON; its bytes and small pictures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.loop.facade import cases, desk, evidence
from duokua.loop.forms.upload import Given, read_evidence
from duokua.loop.rest.cases import plain
from duokua.shell.door import body_of, staff

_NAMES = ("task", "ask", "body")


@staff("POST")
def give(request: HttpRequest, person: Person, number: str) -> HttpResponseBase:
    """Keep a piece of evidence with a task: ``multipart/form-data`` for a file, else JSON.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: the task is not theirs.
    :raises Conflict: nothing can be given to it any more.
    :raises Invalid: it is not what is asked for, or no such file is taken.
    """
    now = clock.now()
    info = cases.case(number, person, now=now)
    if request.content_type == "multipart/form-data":
        given = read_evidence(request, info, desk.forms(info))
    else:
        given = _given(body_of(request))
    made = evidence.give(
        number, given.task, ask=given.ask, upload=given.upload, body=given.body, person=person,
        now=now,
    )  # fmt: skip
    answer = JsonResponse(plain(made), status=201)
    answer["Location"] = f"/api/v1/cases/{number}/evidence/{made.id}"
    return answer


def _given(told: dict[str, Any]) -> Given:
    faults = Faults()
    for name in told.keys() - set(_NAMES):
        faults.add(name[:80], "没有这个名称", "there is no such name", "请删去", "leave it out")
    task, ask, body = told.get("task"), told.get("ask", ""), told.get("body", {})
    if not isinstance(task, int) or isinstance(task, bool) or not 0 <= task < 10**15:
        faults.add("task", "应为任务编号", "it is the number of a task", "请填写", "give it")
    if not isinstance(ask, str) or len(ask) > 64 or "\0" in ask:
        faults.add(
            "ask", "应为要求的编号", "it is the id of what is asked for", "请改正", "mend it"
        )
    if not isinstance(body, dict):
        faults.add("body", "应为对象", "it is an object", "请改正", "mend it")
    faults.raise_if_any(Text("正文有误", "the body is wrong"))
    assert isinstance(task, int)  # noqa: S101 - else it was refused
    return Given(task, ask, None, body)


@staff("GET", "HEAD")
def content(
    request: HttpRequest, person: Person, number: str, evidence_id: str
) -> HttpResponseBase:
    """Return the bytes of a piece of evidence; with ``small=1`` a small picture of it.

    :raises NotFound: there is none, it has no bytes, or they may not know of its case.
    """
    cases.case(number, person, now=clock.now())
    read = evidence.thumbnail if request.GET.get("small") == "1" else evidence.content
    media, body = read(evidence_id, person)
    answer = HttpResponse(body, content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="{evidence_id}"'
    return answer

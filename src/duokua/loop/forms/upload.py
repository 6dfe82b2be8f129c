"""Evidence as it is sent (证据上传): a file, a form of the pack, a reading, a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.loop.forms.schema import read_body
from duokua.loop.values.acting import Upload
from duokua.loop.values.case import AskInfo, CaseInfo, TaskInfo

FILES = ("photo", "document", "besides")
_MOST_TEXT = 2000
_BESIDES = AskInfo("", Text("其他", "Something else"), "besides", "", 0, 0)
_MARKS = ("taken_at", "lon", "lat")  # where and when, as the phone tells it


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent, for which task and which of its asks."""

    task: int
    ask: str
    upload: Upload | None
    body: Mapping[str, Any]


def read_evidence(request: HttpRequest, case: CaseInfo, forms: Mapping[str, Any]) -> Given:
    """Read what was sent to a task of a case.

    :raises NotFound: the case has no such task, or the task asks for no such thing.
    """
    form = request.POST
    task = form.get("task", "")
    own = case.task(int(task)) if task.isascii() and task.isdecimal() and len(task) < 16 else None
    ask = _ask(own, form.get("ask", "")) if own else None
    if own is None or ask is None:
        raise NotFound(
            Text("没有这项要求", "nothing of that kind is asked for"),
            Text("请刷新事件页面", "load the page of the case again"),
        )
    upload = _upload(request) if ask.kind in FILES else None
    return Given(own.id, ask.id, upload, _body(ask, form, forms) | _marks(form))


def _ask(task: TaskInfo, name: str) -> AskInfo | None:
    """Return what is asked for; without a name something besides is given: a file, or a note."""
    if not name:
        return _BESIDES
    return next((each for each in task.asks if each.id == name), None)


def _upload(request: HttpRequest) -> Upload | None:
    sent = request.FILES.get("file")
    return Upload(str(sent.name or "")[:200], sent.chunks()) if sent else None


def _body(ask: AskInfo, form: QueryDict, forms: Mapping[str, Any]) -> dict[str, Any]:
    if ask.kind == "form":
        return read_body(forms.get(ask.form, {}), form.dict(), form.getlist)
    if ask.kind == "reading":
        return {"value": _said(form, "value"), "unit": _said(form, "unit")}
    return {"text": _said(form, "text")} if ask.kind in ("note", "besides") else {}


def _said(form: QueryDict, name: str) -> str:
    return str(form.get(name, "")).replace("\0", "").strip()[:_MOST_TEXT]


def _marks(form: QueryDict) -> dict[str, str]:
    return {name: _said(form, name) for name in _MARKS if _said(form, name)}

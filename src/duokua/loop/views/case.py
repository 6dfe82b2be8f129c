"""A case (事件): what it is, why, what is to be done, and doing it in few taps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, Invalid
from duokua.loop.facade import acting, cases, evidence
from duokua.loop.facade import desk as facade
from duokua.loop.forms.asked import read_fields, read_text
from duokua.loop.forms.schema import Control, controls
from duokua.loop.forms.upload import read_evidence
from duokua.loop.showing.buttons import Refused, buttons, key_of
from duokua.loop.showing.why import why_of
from duokua.loop.states.case import TaskState
from duokua.loop.states.clock import ClockState
from duokua.loop.values.case import AskInfo, CaseInfo, ClockInfo, EvidenceInfo, TaskInfo
from duokua.shell.language import active

_STATUS = {Conflict: 409, Invalid: 422}


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that a task has to bring, with the fields of its form."""

    info: AskInfo
    controls: tuple[Control, ...]
    pieces: tuple[EvidenceInfo, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A department's part of the case."""

    info: TaskInfo
    clocks: tuple[ClockInfo, ...]
    asks: tuple[Asked, ...]
    others: tuple[EvidenceInfo, ...]  # given besides what was asked for
    gives: bool  # the reader may add evidence to it


@policy.staff
def case(request: HttpRequest, person: Person, number: str) -> HttpResponseBase:
    """Show a case.

    :raises NotFound: there is none, or they may not know of it.
    """
    return _show(request, person, cases.case(number, person, now=clock.now()))


def _show(
    request: HttpRequest, person: Person, info: CaseInfo, refused: Refused | None = None
) -> HttpResponse:
    now = clock.now()
    first, more = buttons(info, refused)
    running = [each for each in info.clocks if each.state == ClockState.RUNNING]
    context = {
        "info": info, "row": info.row, "first": first, "more": more, "refused": refused,
        "parts": _parts(info), "why": why_of(info, facade.titles(info)), "now": now,
        "clock": min(running, key=lambda each: each.due_at or now, default=None),
        "mark": _mark(info), "note": _note(info, person), "departments": departments(),
        "running": ClockState.RUNNING,
        "general": [each for each in info.evidence if info.task(each.task or 0) is None],
        "case_clocks": [each for each in info.clocks if each.task is None],
        # The rules of a pack call as its owner's program: others know a receipt by its number.
        "receipts_open": Role.AUDITOR in person.hats or person.department == info.owner,
    }  # fmt: skip
    status = _STATUS.get(type(refused.error), 422) if refused else 200
    return render(request, "loop/case.html", context, status=status)


def _note(info: CaseInfo, person: Person) -> dict[str, Any] | None:
    """Return what a phone keeps to work on without a connection: only of who has claimed a task."""
    own = [task for task in info.tasks if task.claimed_by == person.username]
    open_ = {each.task for each in info.verbs if each.verb == "evidence"}
    told = [
        {"id": task.id, "revision": task.revision, "asks": [
            {"id": ask.id, "title": ask.title.in_(active()), "kind": ask.kind} for ask in task.asks
            if ask.kind in ("photo", "note")
        ]}
        for task in own if task.id in open_
    ]  # fmt: skip
    title = f"{info.row.title.in_(active())} · {info.row.name}"
    return (
        {"number": info.number, "title": title, "person": person.username, "tasks": told}
        if told
        else None
    )


def _parts(info: CaseInfo) -> list[Part]:
    forms = facade.forms(info)
    gives = {each.task for each in info.verbs if each.verb == "evidence"}
    return [
        Part(
            task, tuple(each for each in info.clocks if each.task == task.id),
            tuple(_asked(info, task, each, forms) for each in task.asks),
            tuple(each for each in info.evidence if each.task == task.id and not each.ask),
            task.id in gives,
        )
        for task in info.tasks if task.state != TaskState.VOID
    ]  # fmt: skip


def _asked(info: CaseInfo, task: TaskInfo, ask: AskInfo, forms: Any) -> Asked:
    pieces = tuple(e for e in info.evidence if e.task == task.id and e.ask == ask.id)
    return Asked(ask, controls(forms.get(ask.form)), pieces)


def _mark(info: CaseInfo) -> str:
    """Return a mark of how far the case has gone."""
    return f"{info.row.revision}.{info.timeline[-1].id if info.timeline else 0}"


@require_safe
@policy.staff
def live(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Tell whether the case went on since it was shown, and by whom.

    :raises NotFound: there is none, or they may not know of it.
    """
    info = cases.case(number, person, now=clock.now())
    seen = request.GET.get("seen", "")
    if seen == _mark(info) or not info.timeline:
        return HttpResponse(status=204)
    return render(request, "loop/case_live.html", {"event": info.timeline[-1], "info": info})


@require_POST
@policy.staff
def act(request: HttpRequest, person: Person, number: str) -> HttpResponseBase:
    """Do one verb; what is wrong is told at its button, with what was typed.

    :raises NotFound: there is no such case, or they may not know of it.
    :raises NotAllowed: it is not theirs to do.
    """
    now, form = clock.now(), request.POST
    verb = form.get("verb", "")[:32]
    task, revision = _number(form.get("task")), _number(form.get("revision"))
    try:
        info = _acted(request, person, number, verb, task, revision, now)
    except (Conflict, Invalid) as error:
        typed = {name: str(value) for name, value in form.items()}
        refused = Refused(key_of(verb, task), error, typed)
        return _show(request, person, cases.case(number, person, now=clock.now()), refused)
    if any(event.verb == "not_verified" and event.at >= now for event in info.timeline[-4:]):
        messages.warning(request, _("Not verified: the rule still finds it; the case goes on."))
    else:
        messages.success(request, _("Done"))
    return redirect("case", info.number)


def _acted(
    request: HttpRequest, person: Person, number: str, verb: str, task: int | None,
    revision: int | None, now: datetime,
) -> CaseInfo:  # fmt: skip
    return acting.act(
        number, verb, person, task=task, revision=revision, text=read_text(request.POST),
        fields=read_fields(request.POST), now=now,
    )  # fmt: skip


@require_POST
@policy.staff
def give(request: HttpRequest, person: Person, number: str) -> HttpResponseBase:
    """Add a piece of evidence to a task.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: the task is not theirs.
    """
    now = clock.now()
    info = cases.case(number, person, now=now)
    try:
        given = read_evidence(request, info, facade.forms(info))
        evidence.give(
            number, given.task, ask=given.ask, upload=given.upload, body=given.body,
            person=person, now=now,
        )  # fmt: skip
    except (Conflict, Invalid) as error:
        typed = {name: str(value) for name, value in request.POST.items()}
        key = f"ask-{request.POST.get('task', '')}-{request.POST.get('ask', '')}"
        return _show(request, person, info, Refused(key, error, typed))
    messages.success(request, _("The evidence was kept"))
    return redirect("case", number)


def _number(text: str | None) -> int | None:
    fine = bool(text) and text is not None and text.isascii() and text.isdecimal()
    return int(text) if fine and text is not None and len(text) < 16 else None


@require_safe
@policy.staff
def content(request: HttpRequest, person: Person, number: str, evidence_id: str) -> HttpResponse:
    """Answer with a piece of evidence as it is kept.

    :raises NotFound: there is none, or they may not know of its case.
    """
    cases.case(number, person, now=clock.now())
    media, body = evidence.content(evidence_id, person)
    return _file(media, body, evidence_id)


@require_safe
@policy.staff
def thumbnail(request: HttpRequest, person: Person, number: str, evidence_id: str) -> HttpResponse:
    """Answer with a small picture of it.

    :raises NotFound: there is none, or they may not know of its case.
    """
    media, body = evidence.thumbnail(evidence_id, person)
    return _file(media, body, evidence_id)


def _file(media: str, body: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=media)
    shown = "inline" if media.startswith("image/") else "attachment"
    answer.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    return answer

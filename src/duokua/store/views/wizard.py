"""The wizard of a request (申请向导): one subject a page, saved at each, works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.exchange.forms.preview import Preview
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError, Fault, Faults
from duokua.kernel.text import Text
from duokua.store.facade import asking as facade
from duokua.store.forms.asking import read_step
from duokua.store.forms.shown import fields_of
from duokua.store.values.steps import TITLES, WizardStep, after, before, step_of

_LOOKED = "wizard_looked"  # in the session: the pages sent of the newest drafts
_MOST_LOOKED = 20
ASKERS = (Role.STEWARD, Role.HEAD, Role.DEVELOPER, Role.ADMIN, Role.BUREAU, Role.SECURITY)


@dataclass(slots=True)
class Attempt:
    """One look at a page, or one sending of it, and what came of it."""

    step: WizardStep
    of: facade.Matter
    typed: Mapping[str, str] | None = None  # None: nothing was sent
    columns: tuple[str, ...] = ()
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    told: DuokuaError | None = None
    preview: Preview | None = None

    @property
    def act(self) -> str:
        """What was pressed."""
        return (self.typed or {}).get("act", "next")

    def note(self, faults: list[Fault] | tuple[Fault, ...]) -> None:
        """Keep faults at their fields, each once."""
        for fault in faults:
            there = self.faults.setdefault(fault.where, [])
            if fault not in there:
                there.append(fault)


@policy.roles(*ASKERS)
def step(request: HttpRequest, person: Person, request_id: str, step: str) -> HttpResponseBase:
    """Show or save one page of a draft, or of a request that was returned.

    :raises NotFound: there is no such request, or they may not know of it.
    :raises NotAllowed: somebody else asked.
    :raises Conflict: it can no longer be changed.
    """
    now = clock.now()
    attempt = Attempt(WizardStep(step), facade.own_draft(request_id, person))
    if request.method != "POST":
        return _page(request, person, attempt, now)
    attempt.typed = {name: str(value) for name, value in request.POST.items()}
    _look(request, request_id, attempt.step)
    attempt.columns = tuple(map(str, request.POST.getlist("columns")))
    try:
        answer = _sent(request, person, attempt, now)
    except DuokuaError as error:
        attempt.told = error
        attempt.note(error.faults)
        answer = None
    return answer or _page(request, person, attempt, now)


def _look(request: HttpRequest, request_id: str, step: WizardStep) -> None:
    """Note that a page was sent by its applicant: what was only filled in for them is not done."""
    kept = request.session.get(_LOOKED)
    looked: dict[str, list[str]] = kept if isinstance(kept, dict) else {}
    pages = [each for each in looked.pop(request_id, []) if each != step]
    newest = list(looked.items())[-_MOST_LOOKED:]
    request.session[_LOOKED] = {**dict(newest), request_id: [*pages, str(step)]}


def _standing(
    request: HttpRequest, of: facade.Matter, wrong: set[WizardStep]
) -> list[tuple[WizardStep, Text, str]]:
    """Return each page with how it stands: done, filled (by the platform), or nothing yet."""
    kept = request.session.get(_LOOKED)
    looked = kept.get(of.info.id, []) if isinstance(kept, dict) else []

    def state(step: WizardStep) -> str:
        if step in wrong or step is WizardStep.CHECK:
            return ""
        return "done" if step in looked else "filled"

    return [(each, TITLES[each], state(each)) for each in WizardStep]


def _sent(
    request: HttpRequest, person: Person, attempt: Attempt, now: datetime
) -> HttpResponseBase | None:
    """Save a page and do what was pressed; return where to go, ``None`` for the same page."""
    of, act = attempt.of, attempt.act
    if attempt.step is WizardStep.CHECK:
        return _submit(request, person, attempt, now)
    attempt.of = _save(attempt, person, now)
    if attempt.step is WizardStep.DUTY:
        _files(request, attempt, person, now)
    if act == "preview":
        attempt.preview = facade.what_it_gives(attempt.of, now=now)
        return None
    if act in ("save", "attach", "propose") or act.startswith("remove_"):
        return None if attempt.faults else redirect(request.path)
    if act == "back" and (there := before(attempt.step)) is not None:
        return redirect(f"request_{there}", of.info.id)
    if act == "later":
        messages.success(request, _("The draft is kept"))
        return redirect("request", of.info.id)
    wrong = facade.faults_of(attempt.of, now)
    attempt.note([each for each in wrong if step_of(each.where) is attempt.step])
    return None if attempt.faults else redirect(f"request_{after(attempt.step)}", of.info.id)


def _save(attempt: Attempt, person: Person, now: datetime) -> facade.Matter:
    """Save what can be read of a page; what cannot is a fault at its field."""
    typed, faults = attempt.typed or {}, Faults()
    read = read_step(attempt.step, typed, attempt.columns, attempt.of, faults)
    attempt.note(faults.found)
    client = read.client
    if client and client not in {each.id for each in facade.programs(person)}:
        client = ""
    if attempt.step is WizardStep.PRODUCT and (title := typed.get("new_client", "").strip()):
        client = facade.register_program(title, person, now=now)
    return facade.save_step(
        attempt.of, read.ask, person, interface=read.interface, client=client,
        share=typed.get("share") == "on", now=now,
    )  # fmt: skip


def _files(request: HttpRequest, attempt: Attempt, person: Person, now: datetime) -> None:
    """Keep the files that came, remove the one that was named."""
    of, gone = attempt.of.info.id, attempt.act.removeprefix("remove_")
    if gone != attempt.act:
        facade.detach(of, gone, person, now=now)
    for file in request.FILES.getlist("files"):
        if isinstance(file, UploadedFile):
            try:
                facade.attach(of, file.name or "file", file.chunks(), person, now=now)
            except DuokuaError as error:
                attempt.note([Fault("attachments", error.what, error.mend)])


def _submit(
    request: HttpRequest, person: Person, attempt: Attempt, now: datetime
) -> HttpResponseBase | None:
    of, act = attempt.of.info.id, attempt.act
    if act == "preview":
        attempt.preview = facade.what_it_gives(attempt.of, now=now)
        return None
    if act == "back":
        return redirect(f"request_{before(WizardStep.CHECK)}", of)
    if act == "later":
        messages.success(request, _("The draft is kept"))
        return redirect("request", of)
    if act == "submit_all":
        done = facade.submit_all(of, person, now=now)
        messages.success(request, _("Submitted: %(count)d requests") % {"count": len(done)})
        return redirect("requests")
    reply = (attempt.typed or {}).get("reply", "").replace("\0", "")
    facade.submit_request(of, person, reply=reply, now=now)
    messages.success(request, _("The request is submitted"))
    return redirect("request", of)


def _page(
    request: HttpRequest, person: Person, attempt: Attempt, now: datetime
) -> HttpResponseBase:
    of, here = attempt.of, attempt.step
    missing = facade.faults_on(of, now)
    wrong = {step_of(where) for where in missing}
    others = facade.siblings(of.info.id, person)
    context = {
        "of": of,
        "info": of.info,
        "ask": of.info.ask,
        "step": here,
        "title": TITLES[here],
        "steps": _standing(request, of, wrong),
        "number": list(WizardStep).index(here) + 1,
        "faults": attempt.faults,
        "summary": [fault for each in attempt.faults.values() for fault in each],
        "told": attempt.told,
        "preview": attempt.preview,
        "looked": attempt.preview is not None,
        "siblings": others,
        "before": before(here),
        "page_template": f"store/wizard_{here}.html",
        **fields_of(here, attempt.typed, attempt.columns, of, person, attempt.faults, now),
    }
    if here is WizardStep.CHECK:
        files = facade.attachments(of.info.id, person)
        context |= {"card": facade.card_of(of), "missing": missing, "files": files}
        context["by_step"] = [
            (each, TITLES[each], [f[0] for w, f in missing.items() if step_of(w) is each])
            for each in WizardStep
        ]
        context["completions"] = facade.to_complete(of.info.id, person)
        context["reply"] = (attempt.typed or {}).get("reply", "")
        context["drafts"] = [each for each in others if each.state == "draft"]
    status = 422 if attempt.faults or attempt.told else 200
    return render(request, "store/wizard.html", context, status=status)

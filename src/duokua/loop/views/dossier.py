"""The dossier of a case as a PDF (卷宗)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from duokua.identity import policy
from duokua.identity.facade import Person, departments
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.loop.dossier.sheet import Reader
from duokua.loop.dossier.sheet import dossier as written
from duokua.loop.facade import cases, evidence
from duokua.loop.facade import desk as facade
from duokua.loop.forms.schema import controls
from duokua.loop.showing.filled import lines_of
from duokua.loop.showing.values import shown
from duokua.loop.showing.why import why_of
from duokua.loop.values.case import EvidenceInfo
from duokua.shell.language import active
from duokua.shell.templatetags.duokua import say


@require_safe
@policy.staff
def dossier(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Answer with the case as a document.

    :raises NotFound: there is none, or they may not know of it.
    """
    now = clock.now()
    info = cases.case(number, person, now=now)

    def picture(piece: EvidenceInfo) -> bytes | None:
        try:
            return evidence.content(piece.id, person)[1]
        except DuokuaError:  # it was taken away; the document names it all the same
            return None

    forms, asks = facade.forms(info), {(t.id, a.id): a.form for t in info.tasks for a in t.asks}

    def lines(piece: EvidenceInfo) -> list[tuple[str, str]]:
        fields = controls(forms.get(asks.get((piece.task or 0, piece.ask), "")))
        return [(say(title), say(value)) for title, value in lines_of(piece.body, fields)]

    name = person.name.in_(active())
    reader = Reader(
        active(), name, now, departments(), picture, lambda value: say(shown(value)), lines
    )
    answer = HttpResponse(
        written(info, why_of(info, facade.titles(info)), reader), content_type="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{info.number}.pdf"'
    return answer

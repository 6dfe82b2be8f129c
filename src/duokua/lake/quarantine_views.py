"""The quarantine page (隔离区): rows that stand aside, why, and how they leave."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.facade import QuarantineInfo, QuarantinePage
from duokua.lang.contract import Contract
from duokua.shell.language import active

_ROWS = 25
_MOST_BYTES = 64 << 20  # a corrected file is held in memory


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of rows as the pager wants it."""

    page: QuarantinePage

    @property
    def next(self) -> str | None:
        """Where the next page begins."""
        return self.page.following


@policy.roles(Role.STEWARD)
def quarantine(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Show what stands aside, to a steward of the owning department only.

    :raises NotFound: there is no such dataset, or it is another department's.
    """
    wanted, now = request.GET, clock.now()
    batch = wanted.get("batch") or None
    if batch is not None and wanted.get("format") == "csv":
        return _download(request, person, dataset_id, batch)
    fault: DuokuaError | None = None
    if request.method == "POST":
        try:
            return _act(request, person, dataset_id)
        except DuokuaError as error:
            fault = error
    infos = facade.quarantines(dataset_id, viewer=person.department)
    page = facade.look_at_quarantine(
        dataset_id,
        viewer=person.department,
        batch=batch,
        reason=wanted.get("reason") or None,
        column=wanted.get("column") or None,
        after=wanted.get("after") or None,
        limit=_ROWS,
        by=person.username,
        now=now,
    )
    info = facade.describe(dataset_id, viewer=person.viewer)
    context = {
        "info": info,
        "infos": infos,
        "chosen": next((each for each in infos if each.batch == batch), None),
        "total": sum(each.left for each in infos),
        "columns": sorted({count.column for each in infos for count in each.faults}),
        "page": Shown(page),
        "rows": [
            (row, [(_title(info.contract, fault.column), fault) for fault in row.faults])
            for row in page.rows
        ],
        "fault": fault,
    }
    return render(request, "lake/quarantine.html", context, status=422 if fault else 200)


def _title(contract: Contract, columns: str) -> Text:
    """Return the title of a fault's column, or of the columns of a key."""
    named = [
        contract.by_name[name].title for name in columns.split(", ") if name in contract.by_name
    ]
    return Text("、".join(title.zh for title in named), ", ".join(title.en for title in named))


def _download(
    request: HttpRequest, person: Person, dataset_id: str, batch: str
) -> HttpResponseBase:
    lines = facade.download_quarantine(
        dataset_id,
        batch,
        viewer=person.department,
        language=active(),
        by=person.username,
        now=clock.now(),
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="quarantine-{dataset_id}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _act(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    facade.quarantines(dataset_id, viewer=person.department)  # nobody else's, whatever is asked
    batch = request.POST.get("batch", "")
    if request.POST.get("act") == "dismiss":
        told = facade.dismiss(
            dataset_id,
            batch,
            rows=_chosen(request),
            reason=request.POST.get("reason", ""),
            viewer=person.department,
            by=person.username,
            now=clock.now(),
        )
        messages.success(request, _("Dismissed; %(left)s rows stand aside still.") % _left(told))
    else:
        _replay(request, person, dataset_id, batch)
    return redirect(f"{request.path}?{urlencode({'batch': batch})}")


def _chosen(request: HttpRequest) -> list[int] | None:
    """Return the rows that were ticked; none ticked means all of the batch, said by a button."""
    if request.POST.get("all"):
        return None
    return [int(row) for row in request.POST.getlist("row") if row.isdecimal()]


def _replay(request: HttpRequest, person: Person, dataset_id: str, batch: str) -> None:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        messages.error(request, _("Choose the corrected file first."))
        return
    if (file.size or 0) > _MOST_BYTES:
        messages.error(request, _("The corrected file is too large; send it in parts."))
        return
    with tempfile.TemporaryDirectory(prefix="duokua-replay-") as folder:
        path = Path(folder) / "corrected.csv"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        told = facade.replay(
            dataset_id,
            batch,
            path,
            viewer=person.department,
            by=person.username,
            now=clock.now(),
        )
    said = _("%(rows)s rows landed; %(left)s stand aside still.")
    messages.success(request, said % {"rows": told.rows, "left": told.left})


def _left(told: QuarantineInfo) -> dict[str, int]:
    return {"left": told.left}

"""The wizard (数据接入向导): send a file, look at the proposed contract, bring the file in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.engine.reasons import REASONS
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lake import drafting
from duokua.lake.drafting import Change, ColumnChange, Draft
from duokua.lang.contract import KIND_WORDS, Column, Contract, Kind, Level
from duokua.lang.personal import Finding

_HIDDEN = "•••"
_EMPTY = "∅"  # how the empty text is written in the field of words for "missing"
_SHOWN = 100
PERSONAL = {
    Finding.NAME: Text("姓名", "name"),
    Finding.RESIDENT_ID: Text("公民身份号码", "resident identity number"),
    Finding.PHONE: Text("电话", "phone"),
    Finding.PLATE: Text("车牌", "plate"),
    Finding.BANK_CARD: Text("银行卡", "bank card"),
    Finding.ADDRESS: Text("地址", "address"),
    Finding.BIRTH_DATE: Text("出生日期", "birth date"),
}


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A cell that would stand aside, in words."""

    row: int
    column: str
    value: str
    what: Text
    mend: Text


@policy.roles(Role.STEWARD)
def start(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Ask for a file; with one, propose a contract for it."""
    fault: DuokuaError | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        if isinstance(file, UploadedFile):
            try:
                draft = drafting.begin(
                    file.name or "file",
                    file.chunks(),
                    by=person.username,
                    department=person.department,
                    now=clock.now(),
                )
                return redirect("draft", draft.id)
            except DuokuaError as error:
                fault = error
    status = 422 if fault else 200
    context = {"fault": fault, "most": drafting.MOST_BYTES >> 20}
    return render(request, "lake/bring_in.html", context, status=status)


@policy.roles(Role.STEWARD)
def draft(request: HttpRequest, person: Person, draft_id: str) -> HttpResponseBase:
    """Show a draft; change it, look again, or accept it.

    :raises NotFound: there is no such draft, or it is somebody else's.
    """
    found = drafting.open_draft(draft_id, by=person.username)
    if request.method != "POST":
        return _page(request, found, found.contract, None)
    wanted = _wanted(request.POST, found.contract)
    try:
        found = drafting.change(draft_id, wanted, by=person.username)
        if request.POST.get("act") != "accept":
            return redirect("draft", draft_id)
        result = drafting.accept(draft_id, by=person.username, now=clock.now())
    except DuokuaError as error:
        return _page(request, found, drafting.changed(found.contract, wanted), error)
    messages.success(request, _("Brought in: %(rows)d rows") % {"rows": result.rows})
    return redirect("dataset", result.dataset)


def _page(
    request: HttpRequest, found: Draft, contract: Contract, fault: DuokuaError | None
) -> HttpResponseBase:
    context = {
        "draft": found,
        "contract": contract,
        "fault": fault,
        "broken": _in_words(found),
        "counts": [
            (name, REASONS[reason][0] if reason in REASONS else Text(reason, reason), count)
            for name, reason, count in found.broken.counts
        ],
        "kinds": KIND_WORDS,
        "levels": list(Level),
        "personal": PERSONAL,
        "null_words": " ".join(word or _EMPTY for word in contract.null_words),
    }
    return render(request, "lake/draft.html", context, status=422 if fault else 200)


def _in_words(found: Draft) -> list[BrokenRow]:
    rows = []
    for cell in found.broken.cells[:_SHOWN]:
        value = cell.value if found.contract.may_show(cell.column) else _HIDDEN
        what, mend = REASONS.get(cell.reason, (Text(cell.reason, cell.reason), Text("", "")))
        rows.append(BrokenRow(cell.row, cell.column, value, what, mend))
    return rows


def _wanted(form: QueryDict, old: Contract) -> Change:
    return Change(
        dataset=form.get("dataset", "").strip(),
        title=Text(form.get("title_zh", "").strip(), form.get("title_en", "").strip()),
        null_words=tuple(
            "" if word == _EMPTY else word for word in form.get("null_words", "").split()
        ),
        columns=tuple(_column(form, at, column) for at, column in enumerate(old.columns, 1)),
    )


def _column(form: QueryDict, at: int, old: Column) -> ColumnChange:
    """Read the fields of a column; what cannot be chosen on the page stays as it was."""

    def said(field: str) -> str:
        return form.get(f"{field}_{at}", "").strip()

    kind = Kind(said("kind")) if said("kind") in set(Kind) else old.kind
    personal = said("personal") if said("personal") in set(PERSONAL) else None
    level = Level(said("level")) if said("level") in set(Level) else old.level
    coded = kind in (Kind.STRING, Kind.INTEGER) and said("codes") == "on"
    name = said("name")
    column = replace(
        old,
        name=name,
        kind=kind,
        title=Text(said("title_zh"), said("title_en")),
        required=said("required") == "on",
        unit=said("unit") or None,
        codes=old.codes if coded else (),
        level=level,
        personal=personal,
        zone=(old.zone or clock.SHANGHAI.key) if kind is Kind.TIMESTAMP else None,
        source_name=old.source_name or (old.name if old.name != name else None),
    )
    return ColumnChange(column, said("key") == "on")

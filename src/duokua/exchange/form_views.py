"""The form of a data interface (数据接口登记): define, preview, publish, and change as a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.exchange import facade
from duokua.exchange.forms import page
from duokua.exchange.forms.filters import filter_fields, read_filter
from duokua.exchange.forms.interface import (
    SOURCE,
    InterfaceForm,
    Written,
    form_of,
    fresh_form,
    read,
    typed_form,
    write,
)
from duokua.exchange.forms.masks import chosen_masks
from duokua.exchange.forms.owning import own_contract, own_interface, published
from duokua.exchange.forms.preview import SHOWN, Preview, preview
from duokua.exchange.values import GrantOrder, InterfaceInfo
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError, Fault, Faults, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.interface import Interface, Shape

PROPOSAL = "grant_proposal"  # in the session: masks and row filter, for the grant after it
_MOST = 10_000
_GIVEN = "given_"


@dataclass(slots=True)
class _Attempt:
    """One sending of the form, and what came of it."""

    form: InterfaceForm
    contract: Contract
    typed: Mapping[str, str]
    written: Written
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    told: DuokuaError | None = None
    preview: Preview | None = None
    looked: bool = False  # a preview was asked for and made, perhaps of no data


@policy.roles(Role.STEWARD)
def choose(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Ask for the dataset of a new interface: one of the person's department."""
    found = lake.datasets(department=person.department, viewer=person.department, limit=_MOST)
    return render(request, "exchange/define_choose.html", {"datasets": found})


@policy.roles(Role.STEWARD)
def define(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Define a new interface over a dataset: preview, download or publish it.

    :raises NotFound: there is no such dataset.
    :raises NotAllowed: another department owns it.
    """
    contract = own_contract(dataset_id, person)
    return _form(request, person, contract, fresh_form(contract), None)


@policy.roles(Role.STEWARD)
def change(request: HttpRequest, person: Person, interface_id: str) -> HttpResponseBase:
    """Change an interface: what is published is its next version.

    :raises NotFound: there is no such interface.
    :raises NotAllowed: another department owns it.
    """
    info = own_interface(interface_id, person)
    return _form(request, person, info.contract, form_of(info.interface, raised=True), info)


def _form(
    request: HttpRequest,
    person: Person,
    contract: Contract,
    begin: InterfaceForm,
    before: InterfaceInfo | None,
) -> HttpResponseBase:
    if request.method != "POST":
        attempt = _Attempt(begin, contract, {}, write(begin))
        return _page(request, attempt, before)
    sent = {name: str(value) for name, value in request.POST.items()}
    ticked = [request.POST.getlist(name) for name in ("columns", "key")]
    form = typed_form(sent, ticked[0], ticked[1], contract)
    if before is not None:
        form = replace(form, id=before.interface.id)
    attempt = _Attempt(form, contract, sent, write(form))
    act = request.POST.get("act")
    if act == "download":
        return _download(attempt)
    interface = _read(attempt, before)
    order = _order(attempt, interface, clock.now())
    if interface is not None and not attempt.faults:
        if act == "publish" and _publish(attempt, person):
            _remember(request, interface.id)
            messages.success(request, _("Published: version %(version)s") % {
                "version": interface.version
            })  # fmt: skip
            return redirect("interface", interface.id)
        if act == "preview":
            _look(attempt, interface, order, person)
    return _page(request, attempt, before)


def _download(attempt: _Attempt) -> HttpResponseBase:
    answer = HttpResponse(attempt.written.text, content_type="application/yaml; charset=utf-8")
    name = attempt.form.id if attempt.form.id.isidentifier() else "interface"
    answer["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return answer


def _read(attempt: _Attempt, before: InterfaceInfo | None) -> Interface | None:
    interface, attempt.faults = read(attempt.written, attempt.contract)
    stands = before or published(attempt.form.id)
    if stands is None:
        return interface
    if before is None:
        _fault(attempt, "id", Text("该标识已被使用", "this identifier is taken"),
               Text("请换一个，或修改该接口", "choose another, or change that one"))  # fmt: skip
    elif interface is not None and _numbers(interface.version) <= _numbers(
        stands.interface.version
    ):
        last = stands.interface.version
        _fault(attempt, "version", Text(f"须高于现行的 {last}", f"must be above {last}"),
               Text("请提高版本号", "raise the version"))  # fmt: skip
    return interface


def _fault(attempt: _Attempt, name: str, what: Text, mend: Text) -> None:
    attempt.faults.setdefault(name, []).append(Fault(name, what, mend))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _order(attempt: _Attempt, interface: Interface | None, now: datetime) -> GrantOrder:
    """Return the grant that the masks and the row filter of the form propose."""
    faults = Faults()
    columns = interface.columns if interface is not None else ()
    chosen = chosen_masks(attempt.typed, columns, faults)
    row_filter = read_filter(attempt.typed, attempt.contract, faults)
    _keep(attempt, faults.found)
    return GrantOrder(
        client="preview",
        interface=attempt.form.id,
        purpose="登记预览 preview",
        basis="数据责任人预览 preview by the steward",
        valid_until=now + timedelta(days=1),
        masks=chosen.masks,
        plain=chosen.plain,
        row_filter=row_filter,
    )


def _keep(attempt: _Attempt, faults: list[Fault] | tuple[Fault, ...]) -> None:
    for fault in faults:
        attempt.faults.setdefault(fault.where, []).append(fault)


def _look(attempt: _Attempt, interface: Interface, order: GrantOrder, person: Person) -> None:
    given = {
        name.removeprefix(_GIVEN): value.strip()
        for name, value in attempt.typed.items()
        if name.startswith(_GIVEN)
    }
    names = {parameter.name for parameter in interface.parameters}
    given = {name: value for name, value in given.items() if name in names}
    try:
        attempt.preview = preview(
            interface, attempt.contract, order, given, by=person.username, now=clock.now()
        )
        attempt.looked = True
    except Invalid as error:
        attempt.told = error
        _keep(attempt, error.faults)


def _publish(attempt: _Attempt, person: Person) -> bool:
    try:
        facade.publish_interface(
            attempt.written.text, source=SOURCE, by=person.username, now=clock.now()
        )
    except DuokuaError as error:
        attempt.told = error
        return False
    return True


def _remember(request: HttpRequest, interface_id: str) -> None:
    """Keep masks and row filter for the form of a grant, so that nobody types them twice."""
    kept = {
        name: str(value)
        for name, value in request.POST.items()
        if name.startswith(("mask_", "where_")) and value
    }
    request.session[PROPOSAL] = {"interface": interface_id, "fields": kept}


def _page(
    request: HttpRequest, attempt: _Attempt, before: InterfaceInfo | None
) -> HttpResponseBase:
    form, contract = attempt.form, attempt.contract
    old = write(form_of(before.interface, raised=False)).text if before else None
    shape = Shape(form.shape) if form.shape in set(Shape) else Shape.PAGE
    context = {
        "form": form,
        "contract": contract,
        "before": before,
        "faults": attempt.faults,
        "fault_count": sum(map(len, attempt.faults.values())),
        "told": attempt.told,
        "rows": page.column_rows(contract, form.columns, form.key, attempt.typed, attempt.faults),
        "parameters": page.parameter_lines(form, attempt.faults),
        "measures": page.measure_lines(form, attempt.faults),
        "orders": [*form.order, "", "", ""][:3],
        "orderable": [column for column in contract.columns if column.required],
        "numbers": [c for c in contract.columns if c.kind in ("integer", "number")],
        "shapes": page.SHAPES,
        "shape": shape,
        "operators": page.OPERATORS,
        "functions": page.FUNCTIONS,
        "yaml": attempt.written.text,
        "diff": page.difference(old, attempt.written.text) if old else [],
        "preview": attempt.preview,
        "looked": attempt.looked,
        "shown": SHOWN,
        "given": _given(attempt, shape),
        **filter_fields(attempt.typed, attempt.faults),
    }
    status = 422 if attempt.faults or attempt.told else 200
    return render(request, "exchange/define.html", context, status=status)


def _given(attempt: _Attempt, shape: Shape) -> list[tuple[str, str, list[Fault]]]:
    """Return the parameters to try a preview with: name, value, faults."""
    names = [line.name for line in attempt.form.parameters]
    if shape is Shape.LOOKUP:
        names = list(attempt.contract.key)
    if shape is Shape.VERIFY:
        names = [*attempt.form.key, *attempt.form.columns]
    return [
        (name, attempt.typed.get(_GIVEN + name, ""), attempt.faults.get(f"given/{name}", []))
        for name in names
    ]

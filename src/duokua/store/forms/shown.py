"""What the pages of the wizard show in their fields: what was typed, else what is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from duokua.exchange.forms.filters import filter_fields
from duokua.exchange.forms.masks import Choice, mask_choices, written
from duokua.exchange.values import InterfaceInfo
from duokua.identity.facade import Person
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Fault
from duokua.kernel.filetypes import KNOWN
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.grant import Quota
from duokua.lang.grant_file import NONE
from duokua.lang.interface import Shape
from duokua.store.facade import asking as facade
from duokua.store.facade.asking import Matter
from duokua.store.forms.asking import PROPOSED, current_option, filterable, typed_filter
from duokua.store.values.disclosure import FORMS, QUESTIONS
from duokua.store.values.steps import WizardStep

Typed = Mapping[str, str] | None
Wrong = Mapping[str, list[Fault]]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A column of the chosen product on the page of the fields."""

    column: Column
    share_class: str
    share_words: Text
    condition: Text | None
    chosen: bool
    forced: bool  # it finds or orders the rows
    masks: tuple[Choice, ...]
    mask: str
    points: int | None  # of what is asked of it now; None: it is not asked for
    faults: tuple[Fault, ...]


def fields_of(
    step: WizardStep,
    typed: Typed,
    columns: Sequence[str],
    of: Matter,
    person: Person,
    faults: Wrong,
    now: datetime,
) -> dict[str, Any]:
    """Return what the template of one page needs beside the request."""
    return _PAGES[step](typed, columns, of, person, faults)


def _product(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    options = of.options
    by_id = {each.interface.id: each for each in of.products}
    return {
        "questions": QUESTIONS.items(),
        "options": [
            (each, by_id[each.interface], FORMS[each.form], _titles(each, by_id[each.interface]))
            for each in options
        ],
        "chosen": current_option(of),
        "programs": facade.programs(person),
        "client": of.info.client,
    }


def _titles(option: facade.Option, product: InterfaceInfo) -> list[Text]:
    return [product.contract.by_name[name].title for name in option.columns]


def _purpose(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    return {"wordings": facade.wordings(person)}


def _basis(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    return {"wordings": facade.wordings(person)}


def _fields(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    if of.product is None:
        return {"rows": []}
    verify = of.product.interface.shape is Shape.VERIFY
    return {
        "rows": _field_rows(typed, columns, of, faults),
        "verify": verify,
        "cube": of.product.interface.cube is not None,
        "points": of.points,
        "least": of.options[0].points if of.options else None,
        "more_needed": facade.discloses_more(of, of.info.ask),
    }


def _field_rows(typed: Typed, columns: Sequence[str], of: Matter, faults: Wrong) -> list[FieldRow]:
    assert of.product is not None  # noqa: S101 - asked before
    ask, interface = of.info.ask, of.product.interface
    forced = set(facade.needed_columns(interface))
    lookup = interface.shape is Shape.LOOKUP
    shown = set(columns) if typed is not None else set(ask.columns)
    card = {each.column.name: each for each in facade.card_of(of).columns}
    found = []
    for name in interface.columns:
        column = of.product.contract.by_name[name]
        item = of.listing.body.item(name)
        found.append(
            FieldRow(
                column=column,
                share_class=item.share_class,
                share_words=facade.share_words(item.share_class),
                condition=item.condition,
                chosen=name in shown or (name in forced and not lookup),
                forced=name in forced and not lookup,
                masks=tuple(mask_choices(column)) if name not in forced else (),
                mask=_mask(name, typed, of),
                points=card[name].points if name in card else None,
                faults=(*faults.get(f"masks/{name}", ()), *faults.get(f"columns/{name}", ())),
            )
        )
    return found


def _mask(name: str, typed: Typed, of: Matter) -> str:
    if typed is not None:
        return typed.get(f"mask_{name}", "")
    masks = dict(of.info.ask.masks)
    if name in of.info.ask.plain:
        return NONE
    return written(masks[name]) if name in masks else ""


def _rows(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    if of.product is None:
        return {}
    told = typed if typed is not None else typed_filter(of.info.ask.row_filter)
    return {"contract": filterable(of), **filter_fields(told, faults)}


def _period(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    ask = of.info.ask
    quota = ask.quota
    proposed = quota == Quota() and of.product is not None
    if proposed and of.product is not None:
        quota = PROPOSED[of.product.interface.shape]
    limits = []
    for name, words, limit in facade.quota_lines(quota):
        saved = "" if limit is None else str(limit)
        value = typed.get(f"quota_{name}", "") if typed is not None else saved
        limits.append((name, words, value, faults.get(f"quota/{name}", [])))
    days = {"valid_from": _day(ask.valid_from), "valid_until": _day(ask.valid_until, end=True)}
    if typed is not None:
        days |= {name: typed.get(name, "") for name in days}
    row_cap = typed.get("row_cap", "") if typed is not None else str(ask.row_cap)
    return {"limits": limits, "proposed": proposed, "days": days, "row_cap": row_cap}


def _day(at: datetime | None, *, end: bool = False) -> str:
    if at is None:
        return ""
    return (at - timedelta(seconds=1 if end else 0)).astimezone(SHANGHAI).date().isoformat()


def _duty(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    return {"files": facade.attachments(of.info.id, person), "endings": ",".join(KNOWN)}


def _nothing(
    typed: Typed, columns: Sequence[str], of: Matter, person: Person, faults: Wrong
) -> dict[str, Any]:
    return {}


_PAGES: dict[
    WizardStep, Callable[[Typed, Sequence[str], Matter, Person, Wrong], dict[str, Any]]
] = {
    WizardStep.PRODUCT: _product,
    WizardStep.PURPOSE: _purpose,
    WizardStep.BASIS: _basis,
    WizardStep.FIELDS: _fields,
    WizardStep.ROWS: _rows,
    WizardStep.PERIOD: _period,
    WizardStep.DUTY: _duty,
    WizardStep.CHECK: _nothing,
}

"""The pages of the wizard (申请向导) as they were typed, and what each says of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from duokua.exchange.forms.filters import CONDITIONS, read_filter
from duokua.exchange.forms.masks import chosen_masks
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Contract
from duokua.lang.grant import Quota
from duokua.lang.interface import Shape
from duokua.lang.mask_default import default_mask
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix
from duokua.store.facade.asking import Matter, Option, needed_columns
from duokua.store.selectors.card import LIMITS
from duokua.store.values.request import Ask
from duokua.store.values.steps import WizardStep

_MOST_TEXT = 4000
_ROW_CAP = Text("单次全量导出行数", "Rows of one whole export")
_MOST_DIGITS = 12
DEFAULT_ROW_CAP = 10_000
PROPOSED: dict[Shape, Quota] = {  # our proposal, by how a product is called
    Shape.VERIFY: Quota(calls_per_day=5_000, calls_per_second=20),
    Shape.LOOKUP: Quota(calls_per_day=5_000, calls_per_second=20),
    Shape.AGGREGATE: Quota(calls_per_day=200, calls_per_second=2),
    Shape.PAGE: Quota(calls_per_day=1_000, rows_per_day=100_000, calls_per_second=5),
    Shape.CHANGES: Quota(calls_per_day=300, calls_per_second=2),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page says: the asking with it, and product and program where it names them."""

    ask: Ask
    interface: str | None = None
    client: str | None = None


Form = Mapping[str, str]


def read_step(
    step: WizardStep, form: Form, columns: Sequence[str], of: Matter, faults: Faults
) -> Typed:
    """Read one page; what cannot be read is a fault at its field and leaves what was there."""
    if step is WizardStep.PRODUCT:
        return _product(form, of)
    reader = _READERS.get(step)
    return Typed(reader(form, columns, of, faults) if reader else of.info.ask)


def _said(form: Form, name: str) -> str:
    return form.get(name, "").replace("\0", "").strip()[:_MOST_TEXT]


def _product(form: Form, of: Matter) -> Typed:
    ask = replace(of.info.ask, question=_said(form, "question"), more=_said(form, "more")[:500])
    asked = replace(of, info=replace(of.info, ask=ask))
    wanted = _said(form, "option")
    chosen = next((each for each in asked.options if each.id == wanted), None)
    client = _said(form, "client")
    if chosen is None:
        return Typed(ask, None, client)
    if current_option(of) != chosen.id:
        ask = replace(ask, columns=chosen.columns, plain=chosen.plain, masks=())
        if chosen.interface != of.info.interface:
            ask = replace(ask, row_filter=None, quota=Quota())
    return Typed(ask, chosen.interface, client)


def current_option(of: Matter) -> str:
    """Return the option that a request stands for now: the nearest of its product, or ``""``."""
    own = [each for each in of.options if each.interface == of.info.interface]
    if not own or not of.info.ask.columns:
        return ""
    points = of.points or 0
    alike = [each for each in own if each.points >= points]
    return _same(own, of.info.ask) or (alike or own[-1:])[0].id


def _same(options: list[Option], ask: Ask) -> str:
    for each in options:
        alike = set(each.columns) == set(ask.columns) and set(each.plain) == set(ask.plain)
        if alike and not ask.masks:
            return each.id
    return ""


def _purpose(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    return replace(
        of.info.ask,
        purpose=_said(form, "purpose"),
        explanation=_said(form, "explanation"),
        scenario=_said(form, "scenario"),
        without=_said(form, "without"),
    )


def _basis(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    return replace(of.info.ask, basis=_said(form, "basis"))


def _fields(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    ask = replace(of.info.ask, more=_said(form, "more")[:500])
    if of.product is None:
        return ask
    interface, contract = of.product.interface, of.product.contract
    forced = needed_columns(interface)
    shown = forced if interface.shape is not Shape.LOOKUP else ()
    wanted = tuple(name for name in interface.columns if name in {*columns, *shown})
    if interface.shape is Shape.VERIFY:
        return replace(ask, columns=wanted, masks=(), plain=())
    free = tuple(name for name in wanted if name not in forced)
    chosen = chosen_masks(form, free, faults)
    bare = [name for name in shown if default_mask(contract.by_name[name]) is not None]
    return replace(ask, columns=wanted, masks=chosen.masks, plain=(*chosen.plain, *bare))


def _rows(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    if of.product is None:
        return of.info.ask
    before = len(faults.found)
    told = read_filter(form, filterable(of), faults)
    return of.info.ask if len(faults.found) > before else replace(of.info.ask, row_filter=told)


def filterable(of: Matter) -> Contract:
    """Return the contract with the columns by which the rows may be narrowed."""
    assert of.product is not None  # noqa: S101 - the page is shown with a product only
    contract, interface = of.product.contract, of.product.interface
    names = set(interface.columns)
    if interface.shape is not Shape.AGGREGATE:
        refused = {each.name for each in of.listing.body.items if each.share_class == "refused"}
        names = set(contract.by_name) - refused
    return replace(contract, columns=tuple(c for c in contract.columns if c.name in names))


def _period(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    ask = of.info.ask
    return replace(
        ask,
        valid_from=_day(form, "valid_from", faults, ask.valid_from),
        valid_until=_day(form, "valid_until", faults, ask.valid_until, end=True),
        quota=Quota(**{name: _number(form, f"quota/{name}", faults) for name in Quota.__slots__}),
        row_cap=_number(form, "row_cap", faults) or DEFAULT_ROW_CAP,
    )


def _day(
    form: Form, name: str, faults: Faults, before: datetime | None, *, end: bool = False
) -> datetime | None:
    """Return the begin of a day in the district, or its end."""
    text = _said(form, name)
    if not text:
        return None
    try:
        at = datetime.combine(date.fromisoformat(text), time(), SHANGHAI)
        return at + timedelta(days=1) if end else at
    except (ValueError, OverflowError):
        faults.add(name, "不是日期", "it is no day", "请写成 2027-12-31",
                   "write it like 2027-12-31")  # fmt: skip
        return before


def _number(form: Form, name: str, faults: Faults) -> int | None:
    text = _said(form, name.replace("/", "_")).replace(",", "")
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0:
        return int(text)
    words = LIMITS.get(name.removeprefix("quota/"), _ROW_CAP)
    faults.add(name, f"“{words.zh}”应为正整数", f"{words.en!r} is a positive whole number",
               "请改为正整数", "write a positive whole number")  # fmt: skip
    return None


def _duty(form: Form, columns: Sequence[str], of: Matter, faults: Faults) -> Ask:
    return replace(of.info.ask, duty=form.get("duty") == "on", disposal=_said(form, "disposal"))


_READERS: dict[WizardStep, Callable[[Form, Sequence[str], Matter, Faults], Ask]] = {
    WizardStep.PURPOSE: _purpose,
    WizardStep.BASIS: _basis,
    WizardStep.FIELDS: _fields,
    WizardStep.ROWS: _rows,
    WizardStep.PERIOD: _period,
    WizardStep.DUTY: _duty,
}


def typed_filter(told: Predicate | None) -> dict[str, str]:
    """Return the lines of the form that say a row filter; what they cannot say is left out."""
    parts: tuple[Predicate, ...] = () if told is None else (told,)
    lines: dict[str, str] = {}
    if isinstance(told, And | Or):
        parts = told.parts
        lines["where_join"] = "any" if isinstance(told, Or) else "all"
    for at, part in enumerate(parts[:CONDITIONS], 1):
        if (line := _line(part)) is not None:
            names = ("column", "op", "value")
            lines |= {f"where_{n}_{at}": v for n, v in zip(names, line, strict=True)}
    return lines


def _line(part: Predicate) -> tuple[str, str, str] | None:
    match part:
        case Compare(column, op, value):
            return column, op, _text(value)
        case In(column, values):
            return column, "in", ",".join(map(_text, values))
        case Prefix(column, text):
            return column, "prefix", text
        case IsNull(column):
            return column, "missing", ""
        case Not(IsNull(column)):
            return column, "present", ""
    return None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

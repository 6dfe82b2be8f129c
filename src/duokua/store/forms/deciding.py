"""The form of a decision (审批表单): what was typed becomes a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from duokua.exchange.forms.filters import read_filter
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.grant import Quota
from duokua.store.facade.asking import Matter
from duokua.store.facade.deciding import Verdict
from duokua.store.forms.asking import filterable
from duokua.store.states.request import StepState
from duokua.store.values.decision import COMPLETABLE
from duokua.store.values.narrowing import LIMITS, Narrowing

_MOST_TEXT = 2000
_MOST_DIGITS = 12
ACTS = {
    "agree": StepState.AGREED,
    "narrow": StepState.NARROWED,
    "return": StepState.RETURNED,
    "refuse": StepState.REFUSED,
}
Form = Mapping[str, str]


def said(form: Form, name: str) -> str:
    """Return a text of a form."""
    return form.get(name, "").replace("\0", "").strip()[:_MOST_TEXT]


def read_verdict(
    act: str, form: Form, kept: Sequence[str], fields: Sequence[str], of: Matter
) -> Verdict:
    """Read a decision; ``kept`` are the columns left ticked, ``fields`` what is to be completed.

    :raises Invalid: a number, a day or a condition cannot be read.
    """
    state = ACTS[act]
    return Verdict(
        state=state,
        comment=said(form, "comment"),
        ground=said(form, "ground")[:64] if state == StepState.REFUSED else "",
        fields=tuple(name for name in fields if name in COMPLETABLE)
        if state == StepState.RETURNED
        else (),
        narrowing=_narrowing(form, kept, of) if state == StepState.NARROWED else Narrowing(),
    )


def _narrowing(form: Form, kept: Sequence[str], of: Matter) -> Narrowing:
    faults, ask = Faults(), of.info.ask
    limits = {name: _number(form, f"quota_{name}", faults, f"quota/{name}") for name in LIMITS}
    told = Narrowing(
        without=frozenset(ask.columns) - frozenset(kept),
        masked=frozenset(name for name in ask.plain if form.get(f"mask_{name}")),
        only=read_filter(form, filterable(of), faults) if of.product is not None else None,
        quota=Quota(**limits),
        row_cap=_number(form, "row_cap", faults, "row_cap"),
        valid_until=_last(form, faults),
    )
    faults.raise_if_any(Text("收窄内容有误", "the narrowing is wrong"))
    return told


def _number(form: Form, name: str, faults: Faults, where: str) -> int | None:
    text = said(form, name)
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    faults.add(where, "不是正整数", "is no whole number", "请填正整数", "give a whole number")
    return None


def _last(form: Form, faults: Faults) -> datetime | None:
    text = said(form, "valid_until")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        faults.add("valid_until", "不是日期", "is no day", "请选择日期", "choose a day")
        return None
    return datetime.combine(day, time(), SHANGHAI) + timedelta(days=1)

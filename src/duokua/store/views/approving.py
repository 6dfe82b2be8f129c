"""What the page of a request shows of its decisions and disputes (审批卡片)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from duokua.exchange.forms.filters import filter_fields
from duokua.exchange.forms.preview import Preview
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Invalid
from duokua.store.facade import asking
from duokua.store.facade import deciding as facade
from duokua.store.facade.asking import Matter
from duokua.store.forms.asking import filterable
from duokua.store.states.request import PENDING
from duokua.store.values.decision import COMPLETABLE


def decision_context(of: Matter, person: Person, own: bool) -> dict[str, Any]:
    """Return what the decision card, the dispute card and the timeline of a request show."""
    now, request_id = clock.now(), of.info.id
    told = facade.approving(request_id, person, now=now)
    pending = of.info.state in PENDING
    context: dict[str, Any] = {
        "dec": told,
        "dec_answer": own and pending,
        "disputes_of": facade.dispute_of(request_id, person, now=now),
        "may_dispute": facade.may_dispute(request_id, person, now=now),
    }
    if told.mine is not None:
        context |= _form(of, told)
    return context


def _form(of: Matter, told: facade.Approving) -> dict[str, Any]:
    until = told.left.ask.valid_until
    context: dict[str, Any] = {
        "dec_fields": COMPLETABLE.items(),
        "dec_limits": asking.quota_lines(told.left.ask.quota),
        "dec_until": (until.astimezone(SHANGHAI).date().isoformat()) if until else "",
        "preview": _preview(of),
    }
    if of.product is not None:
        context |= {"contract": filterable(of), **filter_fields({}, {})}
    return context


def _preview(of: Matter) -> Preview | None:
    try:
        return asking.what_it_gives(of, now=clock.now())
    except Invalid:  # the product is gone, or does not fit what is asked any more
        return None


def deciders(context: Mapping[str, Any]) -> Iterator[str]:
    """Yield the user names of those who decided, from the context of the card."""
    for step in context["dec"].steps if context.get("dec") else ():
        yield from (step.decided_by, step.acting_for)

"""The delivery of a request (交付情况), for a part of its page."""

from __future__ import annotations

from typing import Any

from django import template

from duokua.kernel import clock
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.serving.possible import general
from duokua.serving.problems import KINDS
from duokua.store.facade import using

register = template.Library()


@register.simple_tag(takes_context=True)
def delivery(context: template.Context, request_id: str) -> dict[str, Any] | None:
    """Return the grant in use of a request with its newest probe, if the reader may see it."""
    person = context.get("person")
    if person is None:
        return None
    try:
        return {"one": using.resource(request_id, person, now=clock.now())}
    except NotFound:
        return None


@register.filter
def refusal(code: str) -> Text:
    """Return what a refused call was told, by its code."""
    kind = KINDS.get(code)
    return general(kind.title) if kind else Text(code, code)

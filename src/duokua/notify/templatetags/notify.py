"""The badge of the inbox, on every page."""

from __future__ import annotations

from django import template

from duokua.identity.facade import Person
from duokua.notify import facade

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_messages(context: template.Context) -> int:
    """Return how many open messages the reader of the page has not read."""
    person = context.get("person")
    return facade.unread(person) if isinstance(person, Person) else 0

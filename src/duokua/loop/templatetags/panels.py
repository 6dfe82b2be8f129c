"""Addresses that change the order or the page of one panel and leave the others."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from duokua.lang.scenario.view import Panel

register = template.Library()


@register.simple_tag(takes_context=True)
def panel_query(
    context: template.Context, panel: Panel, what: str, value: str | int, now: str
) -> str:
    """Return the page's query string with a panel's order turned, or another page of it."""
    request: HttpRequest = context["request"]
    names = request.GET.copy()
    if what == "sort":
        names.pop(f"{panel.id}.page", None)
        value = f"-{value}" if now == value else value
    names[f"{panel.id}.{what}"] = str(value)
    return f"?{names.urlencode()}"

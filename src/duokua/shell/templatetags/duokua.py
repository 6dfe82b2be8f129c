"""Tags and filters that every template may use without loading them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from duokua.identity.policy import opens as page_opens
from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.text import Text
from duokua.lang.contract import KIND_WORDS, Column, Kind
from duokua.shell.language import active

register = template.Library()
OWN_ICONS = frozenset(
    [
        "bars",
        "blocks",
        "cart",
        "chip",
        "cloud",
        "horn",
        "keys",
        "law",
        "letters",
        "light",
        "office",
        "people",
        "star",
    ]
)


@register.filter
def say(text: Text | str | None) -> str:
    """Return a bilingual text in the language of the page."""
    return text.in_(active()) if isinstance(text, Text) else str(text or "")


@register.filter
def instant(value: datetime | float | str | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """Write an instant (also seconds since 1970, also ISO 8601) in the time of the district."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        at = from_iso(value)
    else:
        at = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return at.astimezone(SHANGHAI).strftime(form)


@register.filter
def last_day(value: datetime | str | None) -> str:
    """Write the last day on which something holds that ends at an instant: midnight ends the day before."""
    if value is None or value == "":
        return "—"
    at = from_iso(value) if isinstance(value, str) else value
    return (at - timedelta(microseconds=1)).astimezone(SHANGHAI).strftime("%Y-%m-%d")


@register.filter
def count(value: float | str | None) -> str:
    """Write a whole number with thousands separators; what a template cannot find is a dash."""
    return "—" if value is None or isinstance(value, str) else f"{int(value):,}"


@register.filter
def initial(name: str) -> str:
    """Return the first character of a name, for its round mark."""
    return name.strip()[:1].upper()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of the sprite; it is decoration, so readers skip it."""
    sheet = "shell/marks.svg" if name in OWN_ICONS else "vendor/tabler/icons.svg"
    return format_html(
        '<svg class="ic {}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static(sheet), name
    )


@register.inclusion_tag("shell/level.html")
def level(value: str) -> dict[str, str]:
    """Show a classification level (分级) by colour, letter and word."""
    return {"level": str(value)}


@register.filter
def entry(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return an entry of a mapping; ``None``: it has none of that name."""
    return mapping.get(key)


@register.filter
def kind_words(kind: str) -> Text:
    """Return the kind of a column in words."""
    return KIND_WORDS.get(Kind(kind), Text(kind, kind))


@register.filter
def code_title(column: Column, value: object) -> Text | None:
    """Return what a code stands for; ``None``: the column has no code of that value."""
    return next((code.title for code in column.codes if code.value == str(value)), None)


@register.simple_tag(takes_context=True)
def opens(context: template.Context, name: str, *args: str) -> bool:
    """Tell whether the page of a name opens to the reader: no link leads to a refusal."""
    return page_opens(context.get("person"), reverse(name, args=args))


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the page's query string with ``changes``; ``None`` drops a name, paging restarts."""
    request: HttpRequest = context["request"]
    names = request.GET.copy()
    names.pop("after", None)
    for name, value in changes.items():
        names.pop(name, None)
        if value is not None:
            names[name] = str(value)
    return f"?{names.urlencode()}"

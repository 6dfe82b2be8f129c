"""Tags that draw the reusable parts of pages; every template may use them without loading."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from duokua.kernel.text import Text
from duokua.shell import components

register = template.Library()
_WORDS = {
    "red": _("Red"),
    "orange": _("Orange"),
    "yellow": _("Yellow"),
    "blue": _("Blue"),
    "normal": _("Normal"),
}


@register.inclusion_tag("shell/grade.html")
def grade(value: str, why: Text | str = "") -> dict[str, object]:
    """Show a grade of warning by colour, shape and word, with the reason where one is told."""
    name = str(value)
    return {"grade": name, "word": _WORDS[name], "why": why}


@register.inclusion_tag("shell/spark.html")
def spark(values: tuple[float, ...], title: Text | str) -> dict[str, object]:
    """Draw a small line of values, oldest first; ``title`` names it for readers."""
    return {"points": components.spark(values), "title": title, "newest": values[-1:]}


@register.inclusion_tag("shell/ring.html")
def ring(used: float, limit: float, title: Text | str) -> dict[str, object]:
    """Draw how much of a quota is used; ``title`` says of which."""
    return {
        "ring": components.ring(used, limit),
        "used": used,
        "limit": limit,
        "left": max(limit - used, 0),
        "title": title,
    }

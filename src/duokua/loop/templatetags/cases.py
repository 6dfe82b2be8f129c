"""Tags of the workbench: levels, time left, what a value of a rule looks like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template

from duokua.kernel.text import Text
from duokua.lang.scenario.level import TITLES, Level
from duokua.lang.scenario.span import in_words
from duokua.loop.showing.filled import lines_of
from duokua.loop.showing.timing import Left, left_of
from duokua.loop.showing.values import shown
from duokua.loop.values.acting import title_of
from duokua.shell.components import Ring
from duokua.shell.components import ring as drawn
from duokua.shell.language import active

register = template.Library()
_STAGES = {
    "accept": Text("受理：", "To accept:"),
    "control": Text("管控：", "First control:"),
    "dispose": Text("处置：", "Disposal:"),
    "verify": Text("核查：", "Verification:"),
}


@register.inclusion_tag("shell/grade.html")
def case_level(value: str, why: Text | str = "") -> dict[str, object]:
    """Show a level by colour, shape and word; what cannot be judged has a mark of its own."""
    name = Level(value)
    return {
        "grade": "normal" if name == Level.NONE else str(name),
        "word": TITLES[name].in_(active()),
        "why": why,
    }


@register.inclusion_tag("loop/left.html")
def time_left(due: datetime | None, now: datetime) -> dict[str, object]:
    """Say how much time is left, or by how much it is over."""
    return {"left": left_of(due, now), "due": due}


@register.simple_tag
def clock_ring(used: float) -> Ring:
    """Return how a clock's ring is drawn."""
    return drawn(max(used, 0.0), 100)


@register.simple_tag
def left(due: datetime | None, now: datetime) -> Left:
    """Return how much time is left."""
    return left_of(due, now)


register.filter("shown", shown)
register.filter("span_words", in_words)


@register.filter("lines_of")
def filled_in(body: Mapping[str, Any], fields: Any) -> tuple[tuple[Text, str | Text], ...]:
    """Return what a piece of evidence says, under the titles of its form's ``fields``."""
    return lines_of(body, fields or ())


@register.filter
def verb_title(verb: str) -> Text:
    """Return what a verb is called."""
    return title_of(verb)


@register.filter
def stage_title(stage: str) -> Text:
    """Return what a stage of a playbook is called."""
    return _STAGES.get(stage, Text(stage, stage))

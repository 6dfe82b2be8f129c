"""What a form, a reading or a note says (填报内容), under the titles of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.kernel.text import Text
from duokua.loop.forms.schema import Control
from duokua.loop.showing.values import shown

_OWN = {
    "text": Text("说明", "Note"),
    "value": Text("读数", "Reading"),
    "unit": Text("单位", "Unit"),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was filled in: in which case, when and by whom, and what it says."""

    number: str
    at: datetime
    by: Text
    lines: tuple[tuple[Text, str | Text], ...]


def lines_of(
    body: Mapping[str, Any], fields: Iterable[Control] = ()
) -> tuple[tuple[Text, str | Text], ...]:
    """Return what was filled in, in the order of the form; choices are said in words."""
    known = {each.name: each for each in fields}
    order = [*(name for name in known if name in body), *(n for n in body if n not in known)]
    return tuple((_title(name, known), _said(body[name], known.get(name))) for name in order)


def _title(name: str, known: Mapping[str, Control]) -> Text:
    return known[name].title if name in known else _OWN.get(name, Text(name, name))


def _said(value: Any, field: Control | None) -> str | Text:
    words = dict(field.options) if field is not None else {}
    if isinstance(value, list | tuple) and words:
        said = [words.get(str(each), Text(str(each), str(each))) for each in value]
        return Text("、".join(each.zh for each in said), ", ".join(each.en for each in said))
    return words.get(str(value)) or shown(value)

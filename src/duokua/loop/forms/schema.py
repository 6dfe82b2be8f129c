"""Forms of packs (表单): a flat JSON Schema as fields of a page, and what was typed read back.

Titles are texts in two languages: ``title: {zh: …, en: …}``; choices are named by ``titles``.
Whether the answer fits the schema is decided where evidence is taken, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text

_PREFIX = "v_"
_INPUTS = {"date": "date", "date-time": "datetime-local", "time": "time"}
_LONG = 200  # characters from which on a text gets several lines
_MOST = 4000


@dataclass(frozen=True, slots=True)
class Control:
    """A field of a form; ``kind``: text | lines | number | tick | choice | choices | date | …"""

    name: str
    title: Text
    hint: Text
    kind: str
    required: bool
    options: tuple[tuple[str, Text], ...] = ()
    least: float | None = None
    most: float | None = None
    step: str = "any"
    longest: int | None = None

    @property
    def field(self) -> str:
        """Its name in the page's form."""
        return f"{_PREFIX}{self.name}"


def text_of(value: object, instead: str = "") -> Text:
    """Return a text in two languages; a plain one is the same in both."""
    if isinstance(value, Mapping):
        zh, en = str(value.get("zh", instead)), str(value.get("en", instead))
        return Text(zh, en)
    return Text(str(value or instead), str(value or instead))


def controls(schema: Mapping[str, Any] | None) -> tuple[Control, ...]:
    """Return the fields of a form in the order in which they are declared."""
    told = (schema or {}).get("properties", {})
    required = frozenset((schema or {}).get("required", ()))
    return tuple(_control(name, each, name in required) for name, each in told.items())


def _control(name: str, told: Mapping[str, Any], required: bool) -> Control:
    items = told.get("items", {})
    many = told.get("type") == "array"
    values = (items if many else told).get("enum", ())
    named = told.get("titles") or items.get("titles") or {}
    return Control(
        name,
        text_of(told.get("title"), name),
        text_of(told.get("description")),
        _kind(told, bool(values), many),
        required,
        tuple((str(each), text_of(named.get(str(each)), str(each))) for each in values),
        told.get("minimum"),
        told.get("maximum"),
        "1" if told.get("type") == "integer" else "any",
        told.get("maxLength"),
    )


def _kind(told: Mapping[str, Any], choice: bool, many: bool) -> str:
    if choice:
        return "choices" if many else "choice"
    kind = told.get("type")
    if kind == "boolean":
        return "tick"
    if kind in ("number", "integer"):
        return "number"
    if told.get("format") in _INPUTS:
        return _INPUTS[told["format"]]
    return "lines" if (told.get("maxLength") or 0) > _LONG else "text"


def read_body(schema: Mapping[str, Any], form: Mapping[str, Any], many: Any) -> dict[str, Any]:
    """Read what was typed; ``many(name)`` returns all values of a name. What is empty is left out."""
    body: dict[str, Any] = {}
    for each in controls(schema):
        value = _value(each, form, many(each.field))
        if value is not None:
            body[each.name] = value
    return body


def _value(told: Control, form: Mapping[str, Any], values: Sequence[str]) -> Any:
    if told.kind == "tick":
        return bool(form.get(told.field)) if told.required or form.get(told.field) else None
    if told.kind == "choices":
        return [str(each) for each in values] or None
    text = str(form.get(told.field, "")).replace("\0", "").strip()[:_MOST]
    if not text:
        return None
    return _number(text, told.step) if told.kind == "number" else text


def _number(text: str, step: str) -> Any:
    try:
        return int(text) if step == "1" else float(text)
    except ValueError:
        return text  # the schema tells what is wrong with it

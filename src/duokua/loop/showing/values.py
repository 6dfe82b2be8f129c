"""Values of a rule's answer, written for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.text import Text

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*(Z|[+-]\d\d:\d\d)")
_YES, _NO = Text("是", "yes"), Text("否", "no")


def shown(value: Any) -> str | Text:
    """Write a value for people.

    Yes and no are words, numbers have no needless digits, instants are the district's, lists have
    commas.
    """
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping) and {"zh", "en"} <= set(value):
        return Text(str(value["zh"]), str(value["en"]))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(shown(each)) for each in value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _instant(value)
    return "—" if value is None or value == "" else str(value)


def _instant(text: str) -> str:
    try:
        return from_iso(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    except ValueError:  # it only looks like one
        return text

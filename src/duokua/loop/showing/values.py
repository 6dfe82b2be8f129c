"""Values of a rule's answer, written for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duokua.kernel.text import Text

_YES, _NO = Text("是", "yes"), Text("否", "no")


def shown(value: Any) -> str | Text:
    """Write a value: yes and no in words, numbers without needless digits, lists with commas."""
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
    return "—" if value is None or value == "" else str(value)

"""The end of an interface's life (接口的弃用与停用), as its YAML file tells it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Protocol

from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.ids import is_word

LIFE_FIELDS = ("deprecated", "sunset", "successor")
_DAY = len("2027-06-30")


class Note(Protocol):
    """Notes a fault at a place of the file, in both languages, with its mends in both."""

    def __call__(
        self, path: tuple[str | int, ...], zh: str, en: str, mends: tuple[str, str]
    ) -> None:
        """Note it."""


def day_or_instant(text: str) -> float:
    """Return the instant, in seconds since 1970, of a text; a day begins at its midnight here.

    :raises ValueError: it is neither.
    """
    if len(text) == _DAY:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI).timestamp()
    return from_iso(text).timestamp()


def read_life(value: dict[str, Any], note: Note) -> dict[str, Any]:
    """Return since when an interface is deprecated, when it ends and what follows it."""
    deprecated, sunset = (_instant(value, name, note) for name in ("deprecated", "sunset"))
    successor = value.get("successor")
    if successor is not None and not (isinstance(successor, str) and is_word(successor)):
        mends = ("请填接口标识", "give the id of an interface")
        note(("successor",), "successor 有误", "the successor is no interface", mends)
    if deprecated is None and (sunset is not None or successor is not None):
        mends = ("请写 deprecated: 日期", "write deprecated: a day")
        note(("deprecated",), "未写明何时弃用", "since when it is deprecated is missing", mends)
    if deprecated is not None and sunset is not None and sunset < deprecated:
        mends = ("请改为更晚的日期", "give a later day")
        note(("sunset",), "停用早于弃用", "it would end before it is deprecated", mends)
    return {"deprecated": deprecated, "sunset": sunset, "successor": successor}


def _instant(value: dict[str, Any], name: str, note: Note) -> float | None:
    told = value.get(name)
    if told is None:
        return None
    try:
        return day_or_instant(told)
    except (TypeError, ValueError):
        mends = ("请写成 2027-06-30", "write it like 2027-06-30")
        note((name,), f"{name} 不是日期", f"{name} is no day", mends)
        return None

"""What each kind of panel (面板) may be told: its options, and what is wrong with those of a view.

A panel draws the rows of its query, or of the loop (``source``). An option of kind ``column`` names
a column of these rows; ``titles`` gives columns their words where no contract does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Option:
    """One option: what its value is, and whether it has to be there."""

    kind: str  # column | columns | choice | number | text | titles | word
    needed: bool = False
    choices: tuple[str, ...] = ()


ANY = {"titles": Option("titles"), "meaning": Option("text")}
_COLUMN, _NEEDED = Option("column"), Option("column", needed=True)
OPTIONS: dict[str, dict[str, Option]] = {
    "map": {
        "lon": _NEEDED, "lat": _NEEDED, "label": _COLUMN, "level": _COLUMN, "weight": _COLUMN,
        "draw": Option("choice", choices=("points", "heat")),
    },
    "kpi": {
        "value": _NEEDED, "before": _COLUMN, "unit": Option("text"),
        "good": Option("choice", choices=("up", "down")),
    },
    "table": {
        "columns": Option("columns"), "sort": Option("word"), "rows": Option("number"),
        "level": _COLUMN, "open": Option("word"), "key": _COLUMN,
    },
    "chart": {
        "x": _NEEDED, "y": Option("columns", needed=True), "unit": Option("text"),
        "draw": Option("choice", choices=("line", "bar")),
    },
    "gauge": {
        "value": _NEEDED, "least": Option("number"), "most": Option("number", needed=True),
        "warn": Option("number"), "alarm": Option("number"), "unit": Option("text"),
    },
    "gantt": {"label": _NEEDED, "from": _NEEDED, "until": _NEEDED, "level": _COLUMN},
    "timeline": {"at": _NEEDED, "text": _NEEDED, "by": _COLUMN, "level": _COLUMN},
    "entity": {"columns": Option("columns"), "name": _COLUMN},
    "form": {"form": Option("word", needed=True)},
}  # fmt: skip
# The columns that the loop's own sources have.
SOURCES: dict[str, tuple[str, ...]] = {
    "cases": ("number", "title", "name", "level", "state", "department", "opened_at", "due_at",
              "closed_at", "rule", "lon", "lat"),
    "findings": ("rule", "name", "level", "state", "opened_at", "seen_at", "cleared_at", "times",
                 "lon", "lat"),
    "indicators": ("indicator", "title", "value", "unit", "target", "good"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong with an option."""

    key: str
    what: Text
    mend: Text


def wrong_options(
    kind: str, options: Mapping[str, object], columns: Collection[str] | None
) -> Iterator[Wrong]:
    """Tell everything that is wrong with a panel's options.

    ``columns`` are those of its rows; ``None``: not known, since the query itself is wrong.
    """
    known = OPTIONS[kind] | ANY
    for key in options:
        if key not in known:
            names = ", ".join(known)
            yield Wrong(str(key), Text(f"“{kind}”没有选项“{key}”", f"{kind} has no option {key!r}"),
                        Text(f"可用：{names}", f"use one of {names}"))  # fmt: skip
    for key, option in known.items():
        if key not in options:
            if option.needed:
                yield Wrong(key, Text(f"缺少选项“{key}”", f"option {key!r} is missing"),
                            Text(f"请写出“{key}”", f"give {key!r}"))  # fmt: skip
        else:
            yield from _wrong(key, option, options[key], columns)


def _wrong(
    key: str, option: Option, value: object, columns: Collection[str] | None
) -> Iterator[Wrong]:
    if option.kind in ("column", "columns"):
        yield from _columns(key, option, value, columns)
    elif option.kind == "choice" and value not in option.choices:
        told = ", ".join(option.choices)
        yield Wrong(key, Text(f"“{key}”须是 {told} 之一", f"{key!r} is one of {told}"),
                    Text("请改正", "correct it"))  # fmt: skip
    elif option.kind == "number" and (
        not isinstance(value, int | float) or isinstance(value, bool)
    ):
        yield Wrong(
            key, Text(f"“{key}”须是数", f"{key!r} is a number"), Text("请改正", "correct it")
        )
    elif option.kind == "word" and not isinstance(value, str):
        yield Wrong(
            key, Text(f"“{key}”须是文字", f"{key!r} is a word"), Text("请改正", "correct it")
        )
    elif option.kind == "text" and not _both(value):
        yield Wrong(key, Text(f"“{key}”须有中英文", f"{key!r} needs zh and en"),
                    Text("请写成 {zh: …, en: …}", "write {zh: …, en: …}"))  # fmt: skip
    elif option.kind == "titles":
        yield from _titles(key, value, columns)


def _columns(
    key: str, option: Option, value: object, columns: Collection[str] | None
) -> Iterator[Wrong]:
    listed = value if option.kind == "columns" else [value]
    if not isinstance(listed, list) or not listed or not all(isinstance(e, str) for e in listed):
        yield Wrong(key, Text(f"“{key}”须是列名", f"{key!r} names columns"),
                    Text("请写出列名", "name columns of the query"))  # fmt: skip
        return
    for name in listed:
        if columns is not None and name not in columns:
            yield Wrong(key, Text(f"查询结果没有列“{name}”", f"the query has no column {name!r}"),
                        Text(f"可用：{', '.join(columns)}", f"use one of {', '.join(columns)}"))  # fmt: skip


def _titles(key: str, value: object, columns: Collection[str] | None) -> Iterator[Wrong]:
    if not isinstance(value, dict):
        yield Wrong(key, Text("须是“列名: {zh, en}”", "maps columns to zh and en"),
                    Text("请改正", "correct it"))  # fmt: skip
        return
    for name, told in value.items():
        if columns is not None and name not in columns:
            yield from _columns(key, Option("column"), name, columns)
        elif not _both(told):
            yield Wrong(key, Text(f"“{name}”须有中英文", f"{name!r} needs zh and en"),
                        Text("请写成 {zh: …, en: …}", "write {zh: …, en: …}"))  # fmt: skip


def _both(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"zh", "en"}:
        return False
    return all(isinstance(each, str) and each.strip() for each in value.values())

"""Why a case is there (预警依据): values against thresholds, the clause, the versions, the receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.loop.forms.schema import text_of
from duokua.loop.values.case import CaseInfo


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the reasons."""

    title: Text
    value: Any


@dataclass(frozen=True, slots=True)
class Clause:
    """What the rule rests on, and how well that is known."""

    text: Text
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of a finding, ready to be shown."""

    values: tuple[Line, ...]
    thresholds: tuple[Line, ...]
    clauses: tuple[Clause, ...]
    versions: tuple[Line, ...]
    receipts: tuple[str, ...]


def why_of(info: CaseInfo) -> Why:
    """Return the reasons of a case's newest finding."""
    why = info.why
    return Why(
        _lines(why.get("values")),
        _lines(why.get("thresholds")) or _lines(why.get("parameters")),
        tuple(_clause(each) for each in why.get("basis") or why.get("clause") or ()),
        _lines(why.get("versions")),
        tuple(str(each) for each in why.get("receipts") or ()),
    )


def _lines(told: Any) -> tuple[Line, ...]:
    if isinstance(told, Mapping):
        return tuple(Line(text_of(None, str(name)), each) for name, each in told.items())
    return tuple(
        Line(text_of(e.get("title"), e.get("name", "")), e.get("value")) for e in told or ()
    )


def _clause(told: Any) -> Clause:
    if not isinstance(told, Mapping):
        return Clause(text_of(told), "", "")
    text = told.get("text") or {"zh": told.get("zh", ""), "en": told.get("en", "")}
    return Clause(text_of(text), str(told.get("source", "")), str(told.get("mark", "")))

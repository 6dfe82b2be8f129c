"""What differs between two versions of a pack (版本差异): whatever it declares, grants first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from duokua.lang.parameter import Parameter
from duokua.lang.scenario.functions import FILE
from duokua.lang.scenario.manifest import Consumed
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule
from duokua.pack.values import Change


def differences(before: Pack, after: Pack, day: date) -> tuple[Change, ...]:
    """Return what a later version changes, grants first; parameters as they hold on ``day``."""
    told = {each.table: each for each in before.manifest.consumes}
    tells = {each.table: each for each in after.manifest.consumes}
    return (
        *_differ("grant", told, tells, _reading),
        *_differ("rule", before.rules, after.rules, _judging),
        *_differ("parameter", before.parameters, after.parameters, lambda each: _value(each, day)),
        *_differ("playbook", before.playbooks, after.playbooks, lambda each: _plain(each)),
        *_differ("view", before.views, after.views, lambda each: _plain(each)),
        *_differ("indicator", before.indicators, after.indicators, lambda each: _plain(each)),
        *_differ("dataset", before.datasets, after.datasets, str),
        *_differ("contract", before.contracts, after.contracts, lambda each: _plain(each)),
        *_differ("interface", before.interfaces, after.interfaces, lambda each: _plain(each)),
        *_differ("form", before.forms, after.forms, lambda each: _plain(each)),
        *_differ("table", before.tables, after.tables, str),
        *_differ("functions", _code(before), _code(after), str),
    )


def _differ(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], told: Callable[[Any], str]
) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change(kind, name, "removed", before=told(before[name]))
        elif name not in before:
            yield Change(kind, name, "added", after=told(after[name]))
        elif told(before[name]) != told(after[name]):
            yield Change(kind, name, "changed", told(before[name]), told(after[name]))


def _reading(consumed: Consumed) -> str:
    kept = [*consumed.newest, *([f"{consumed.recent} s"] if consumed.recent else [])]
    recent = f" ({', '.join(kept)}, {consumed.by})" if kept else ""
    return f"{consumed.interface}: {', '.join(consumed.columns) or '*'}{recent}"


def _judging(rule: Rule) -> str:
    """Return what decides a rule's findings; its words are no change."""
    front = [
        f"{name}: {getattr(rule, name)}"
        for name in ("kind", "subject", "occurred_at", "hold", "clear_hold", "often", "window",
                     "reopen_within", "applies_when", "playbook", "baseline")
        if getattr(rule, name)
    ]  # fmt: skip
    return "\n".join([*front, rule.query])


def _value(parameter: Parameter, day: date) -> str:
    held = parameter.at(day)
    return f"{held.value} {parameter.unit} ({held.mark})" if held else "–"


def _code(pack: Pack) -> dict[str, str]:
    return {FILE: pack.functions.source} if pack.functions.source else {}


def _plain(declared: Any) -> str:
    names = [each.name for each in fields(declared) if each.name not in ("file", "title")]
    return "\n".join(f"{name}: {getattr(declared, name)}" for name in names)

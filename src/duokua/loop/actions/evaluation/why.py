"""Why (依据): what a finding rests on, complete enough to recompute it years later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lang.parameter import DatedValue
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import THRESHOLD, VALUE, Rule
from duokua.loop.actions.evaluation.asking import Row, plain
from duokua.loop.actions.evaluation.tables import Held
from duokua.loop.actions.evaluation.terms import Window
from duokua.loop.selectors.rules import UNREADABLE

ABSENT, NO_LEVEL, STALE = "absent", "no_level", "stale"
REASONS: dict[str, Text] = {
    ABSENT: Text("数据中已没有该主体", "the data tell nothing of it any more"),
    NO_LEVEL: Text("数据缺失，规则不能得出等级", "data is missing: the rule gives no level"),
    STALE: Text("数据过旧", "the data is too old"),
    UNREADABLE: Text("数据读取被拒绝", "the data could not be read"),
}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What all findings of one run of a rule have in common."""

    shared: dict[str, Any]
    show: tuple[str, ...]
    own: frozenset[str]

    @classmethod
    def of(
        cls,
        pack: Pack,
        rule: Rule,
        held: Mapping[str, DatedValue],
        tables: Mapping[str, Held],
        window: Window,
        receipts: Sequence[str],
    ) -> Grounds:
        """Gather what a run rests on; ``tables`` are those that the rule reads."""
        shared = {
            "rule": rule.id,
            "title": _both(rule.title),
            "ref": rule.ref,
            "version": pack.manifest.version,
            "digest": pack.digest,
            "clause": [
                {"text": _both(each.text), "source": each.source, "mark": each.mark.value}
                for each in rule.basis
            ],
            "parameters": [_parameter(pack, name, value) for name, value in held.items()],
            "data": {
                name: {"version": each.data_version, "as_of": iso(each.as_of)}
                for name, each in tables.items()
            },
            "receipts": list(receipts),
            "judged_at": iso(window.until),
            "since": iso(window.since),
        }
        return cls(shared, rule.show, frozenset(rule.subject))

    def why(self, row: Row, level: str) -> dict[str, Any]:
        """Return what a finding rests on: the row's values and thresholds, and all the rest."""
        cells = plain(row.cells)
        names = self.show or tuple(name for name in cells if name not in self.own)
        told = {**self.shared, "level": level, "values": {n: cells.get(n) for n in names}}
        for name in (VALUE, THRESHOLD):
            if name in cells:
                told[name] = cells[name]
        return told

    def unknown(self, reason: str, **about: Any) -> dict[str, Any]:
        """Return why something cannot be judged."""
        told = {"code": reason, "text": _both(REASONS[reason]), **about}
        return {**self.shared, "level": "unknown", "values": {}, "reason": told}


def stale_about(table: str, as_of: datetime | None, fresh: int | None) -> dict[str, Any]:
    """Return what is told of a table that is too old; ``fresh`` in seconds."""
    return {"table": table, "as_of": iso(as_of) if as_of else None, "fresh_s": fresh}


def _parameter(pack: Pack, name: str, value: DatedValue) -> dict[str, Any]:
    return {
        "id": name,
        "title": _both(pack.parameters[name].title),
        "unit": pack.parameters[name].unit,
        "value": value.value,
        "since": value.since.isoformat(),
        "until": value.until.isoformat() if value.until else None,
        "basis": _both(value.basis),
        "article": value.article,
        "source": value.source,
        "mark": value.mark.value,
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}

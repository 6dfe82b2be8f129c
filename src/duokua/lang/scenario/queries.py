"""Queries that stand in YAML, and what rows of the loop they may read besides tables of the pack."""

from __future__ import annotations

from collections.abc import Collection

from duokua.lang.contract import Kind
from duokua.lang.scenario.gate import Admitted, Columns, Tables, admit
from duokua.lang.scenario.part import Part
from duokua.lang.scenario.rule import WINDOW

_S, _T, _I, _B = Kind.STRING, Kind.TIMESTAMP, Kind.INTEGER, Kind.BOOLEAN
# What the platform keeps of this pack's own cases, for indicators: never typed in by anybody.
# ``number`` is the case's; ``case`` is a word of SQL, so that queries say ``from "case"``.
LOOP_TABLES: dict[str, Columns] = {
    "case": {
        "number": _S, "rule": _S, "version": _S, "level": _S, "state": _S, "owner": _S, "lead": _S,
        "opened_at": _T, "disposed_at": _T, "closed_at": _T, "due_at": _T, "reopened": _I,
        "escalated": _I, "drill": _B,
    },
    "task": {
        "number": _S, "play": _S, "department": _S, "lead": _B, "state": _S, "opened_at": _T,
        "due_at": _T, "disposed_at": _T,
    },
    "clock": {
        "number": _S, "play": _S, "department": _S, "kind": _S, "state": _S, "started_at": _T,
        "due_at": _T, "ended_at": _T, "overdue": _B,
    },
    "finding": {
        "number": _S, "rule": _S, "version": _S, "level": _S, "state": _S, "opened_at": _T,
        "seen_at": _T, "cleared_at": _T, "times": _I,
    },
}  # fmt: skip


def admit_at(
    part: Part, name: str, *, tables: Tables, parameters: Collection[str]
) -> Admitted | None:
    """Pass the query under a key through the gate; ``None``: there is none, or it was refused."""
    sql = part.text(name)
    if not sql:
        return None
    known = {*parameters, *WINDOW}
    return admit(
        sql, tables=tables, parameters=known, place=_Lines(part, name).of, faults=part.faults
    )


class _Lines:
    """Where lines of a text in YAML stand: after its key when it is a block, else with it."""

    def __init__(self, part: Part, name: str) -> None:
        self.file = part.document.source
        self.first = part.document.line_of((*part.path, name))
        self.block = "\n" in str(part.told.get(name))

    def of(self, line: int) -> str:
        return f"{self.file}:{self.first + (line if self.block else 0)}"

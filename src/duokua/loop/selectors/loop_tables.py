"""What the loop itself tells of a pack's cases, as tables for indicators (闭环数据表): never typed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from duokua.engine.arrow import ARROW
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.loop.models import Case, CaseEvent, Clock, Finding, Task
from duokua.loop.states.clock import ClockState

Row = dict[str, Any]


def loop_table(name: str, pack: str) -> pa.Table:
    """Return one of the tables ``case``, ``task``, ``clock``, ``finding`` of a pack."""
    columns = LOOP_TABLES[name]
    kinds = {column: ARROW[kind] for column, kind in columns.items() if kind is not None}
    rows = list(_ROWS[name](pack))
    return pa.table(
        {column: pa.array([row[column] for row in rows], kind) for column, kind in kinds.items()}
    )


def _cases(pack: str) -> Iterator[Row]:
    for row in Case.objects.filter(pack=pack).order_by("id").iterator():
        plain = ("number", "rule", "version", "level", "state", "opened_at", "disposed_at",
                 "closed_at", "due_at", "reopened", "escalated", "drill")  # fmt: skip
        told = {name: getattr(row, name) for name in plain}
        yield told | {"owner": row.owner_id, "lead": row.lead_id}


def _tasks(pack: str) -> Iterator[Row]:
    """Yield tasks with when each was disposed of last, as the timeline has it."""
    events = CaseEvent.objects.filter(case__pack=pack, verb="dispose", task__isnull=False)
    done = dict(events.order_by("id").values_list("task", "at"))
    for row in Task.objects.filter(case__pack=pack).select_related("case").order_by("id"):
        yield {
            "number": row.case.number, "play": row.play, "department": row.department_id,
            "lead": row.lead, "state": row.state, "opened_at": row.opened_at, "due_at": row.due_at,
            "disposed_at": done.get(row.id),
        }  # fmt: skip


def _clocks(pack: str) -> Iterator[Row]:
    rows = Clock.objects.filter(case__pack=pack).select_related("case", "task").order_by("id")
    for row in rows:
        task = row.task
        yield {
            "number": row.case.number, "play": task.play if task else "",
            "department": task.department_id if task else row.case.owner_id, "kind": row.kind,
            "state": row.state, "started_at": datetime.fromisoformat(row.timer["started"]),
            "due_at": row.due_at, "ended_at": row.ended_at,
            "overdue": row.state == ClockState.MISSED,
        }  # fmt: skip


def _findings(pack: str) -> Iterator[Row]:
    numbers = dict(Case.objects.filter(pack=pack).values_list("id", "number"))
    for row in Finding.objects.filter(pack=pack).order_by("id").iterator():
        plain = ("rule", "version", "level", "state", "opened_at", "seen_at", "cleared_at", "times")
        told = {name: getattr(row, name) for name in plain}
        yield told | {"number": numbers.get(row.case) if row.case else None}


_ROWS: dict[str, Callable[[str], Iterator[Row]]] = {
    "case": _cases,
    "task": _tasks,
    "clock": _clocks,
    "finding": _findings,
}

"""How cases are handled, as figures (闭环指标): drawn from the cases' timelines, never typed in.

Exercises and merged cases count nowhere. A case belongs to the period in which it was opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import Min, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.loop.models import Case, CaseEvent, Clock
from duokua.loop.selectors.seeing import visible_to
from duokua.loop.states.case import CaseState
from duokua.loop.states.clock import ClockState
from duokua.loop.values.indicator import Measure, MeasureRow

_HOUR_S = 3600
_SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Life:
    """What the figures need of one case."""

    id: int
    pack: str
    lead: str
    state: CaseState
    opened_at: datetime
    accepted_at: datetime | None
    disposed_at: datetime | None
    closed_at: datetime | None
    reopened: int
    automatic: bool  # the platform dispatched it
    met: int
    missed: int


def lives(
    person: Person, pack: str, department: str, since: datetime, until: datetime
) -> list[Life]:
    """Return the cases of a period that a person may see."""
    rows = visible_to(person).filter(
        drill=False, opened_at__gte=since, opened_at__lt=until, merged_into=None
    )
    if pack:
        rows = rows.filter(pack=pack)
    if department:
        rows = rows.filter(lead=department)
    first = {verb: _first(rows, verb) for verb in ("accept", "dispatch")}
    by_hand = set(
        CaseEvent.objects.filter(case__in=rows.values("id"), verb="dispatch")
        .exclude(by=_SYSTEM)
        .values_list("case_id", flat=True)
    )
    clocks = _clocks(rows)
    told = rows.values_list(
        "id", "pack", "lead", "state", "opened_at", "disposed_at", "closed_at", "reopened"
    )
    return [
        Life(
            id_, of, lead, CaseState(state), opened, first["accept"].get(id_), disposed, closed,
            reopened, id_ in first["dispatch"] and id_ not in by_hand, *clocks.get(id_, (0, 0)),
        )
        for id_, of, lead, state, opened, disposed, closed, reopened in told
    ]  # fmt: skip


def _first(rows: QuerySet[Case], verb: str) -> dict[int, datetime]:
    events = CaseEvent.objects.filter(case__in=rows.values("id"), verb=verb)
    return dict(events.values_list("case_id").annotate(at=Min("at")).order_by())


def _clocks(rows: QuerySet[Case]) -> dict[int, tuple[int, int]]:
    """Return how many limits of each case were kept and how many were not."""
    found: dict[int, tuple[int, int]] = {}
    ended = Clock.objects.filter(
        case__in=rows.values("id"), state__in=(ClockState.MET, ClockState.MISSED)
    )
    for case, state in ended.values_list("case_id", "state"):
        met, missed = found.get(case, (0, 0))
        found[case] = (met + (state == ClockState.MET), missed + (state == ClockState.MISSED))
    return found


def measures_of(cases: Sequence[Life]) -> tuple[Measure, ...]:
    """Return every figure of some cases."""
    closed = [case for case in cases if case.state == CaseState.CLOSED]
    false = [case for case in cases if case.state == CaseState.FALSE_ALARM]
    owed = [case for case in cases if case.state != CaseState.FALSE_ALARM]
    done = [case for case in cases if case.disposed_at or case.reopened]
    limits = sum(case.met + case.missed for case in cases)
    return (
        _share("closed_loop", "闭环率", "Closed-loop rate", "up", len(closed), len(owed)),
        _time("to_accept", "受理时长", "Time to accept", cases, lambda case: case.accepted_at),
        _time("to_dispose", "处置时长", "Time to dispose", cases, lambda case: case.disposed_at),
        _time("to_close", "结案时长", "Time to close", closed, lambda case: case.closed_at),
        _share("reopened", "重开率", "Reopen rate", "down",
               sum(case.reopened > 0 for case in done), len(done)),
        _share("precision", "规则准确率", "Rule precision", "up",
               len(closed), len(closed) + len(false)),
        _share("automatic", "自动派遣率", "Automatic rate", "up",
               sum(case.automatic for case in cases), len(cases)),
        _share("in_time", "按时率", "In-time rate", "up",
               sum(case.met for case in cases), limits),
    )  # fmt: skip


def _share(id_: str, zh: str, en: str, direction: str, part: int, whole: int) -> Measure:
    value = part / whole if whole else None
    return Measure(id_, Text(zh, en), "1", value, part, whole, direction)


def _time(
    id_: str, zh: str, en: str, cases: Iterable[Life], end: Callable[[Life], datetime | None]
) -> Measure:
    """Return the median of hours since the cases were opened, of those that came so far."""
    hours = [
        (at - case.opened_at).total_seconds() / _HOUR_S
        for case in cases
        if (at := end(case)) is not None
    ]
    value = median(hours) if hours else None
    return Measure(id_, Text(zh, en), "h", value, sum(hours), len(hours), "down")


def by_key(cases: Sequence[Life], key: str) -> list[MeasureRow]:
    """Return the figures of each department, or of each pack, the largest first."""
    parts: dict[str, list[Life]] = {}
    for case in cases:
        parts.setdefault(case.lead if key == "department" else case.pack, []).append(case)
    names = identity.departments() if key == "department" else {}
    rows = [
        MeasureRow(each, names.get(each, Text(each, each)), len(found), measures_of(found))
        for each, found in parts.items()
    ]
    return sorted(rows, key=lambda row: (-row.cases, row.key))

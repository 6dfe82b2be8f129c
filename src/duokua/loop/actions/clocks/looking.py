"""Looking at clocks that are due: reminding at 50, 80 and 100 %, and climbing the ladder (督办)."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from duokua.identity.facade import Role
from duokua.kernel.limits import timer_from_json
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Rung as Step
from duokua.loop.actions.clocks.keeping import live
from duokua.loop.actions.clocks.planning import OVER, Plan, climbed, next_look, passed, plan_of
from duokua.loop.actions.noting import SYSTEM, note
from duokua.loop.actions.telling import Notice, tell, words
from duokua.loop.models import Case, Clock, Rung
from duokua.loop.selectors.calendar import calendar
from duokua.loop.selectors.packs import pack_of
from duokua.loop.states.clock import ClockKind, ClockState
from duokua.loop.values.words import both

_AT_ONCE = 500
_log = logging.getLogger("duokua.loop")


def look(now: datetime, limit: int = _AT_ONCE) -> int:
    """Look at every clock that is due; return how many there were."""
    due = Clock.objects.filter(
        state__in=(ClockState.RUNNING, ClockState.MISSED), next_at__lte=now
    ).order_by("next_at", "id")
    found = list(due.values_list("id", "case_id")[:limit])
    days = calendar() if found else Calendar()
    for clock, case in found:
        try:
            _look(clock, case, now, days)
        except Exception as error:  # one that is broken holds up no other
            where = error.__traceback__.tb_lineno if error.__traceback__ else 0
            _log.error("clock %s: %s at %s", clock, type(error).__name__, where)
    return len(found)


@transaction.atomic
def _look(clock_id: int, case_id: int, now: datetime, days: Calendar) -> None:
    """Look at one clock, unless somebody was quicker; the case is locked first, as by every act."""
    case = Case.objects.select_for_update().get(id=case_id)
    row = Clock.objects.select_related("task").get(id=clock_id)
    if not live(row) or row.next_at is None or row.next_at > now:
        return
    pack = pack_of(case.pack, case.version)
    plan = plan_of(pack.playbooks.get(case.playbook), row.kind, Level(case.level))
    timer = timer_from_json(row.timer)
    done = set(Rung.objects.filter(clock=row).values_list("at_rung", flat=True))
    percent = passed(timer, plan, row.warned, now, days)
    rungs = climbed(timer, plan, done, now, days)
    row.warned = max(row.warned, percent)
    done |= {at for at, _ in rungs}
    row.next_at = next_look(timer, plan, row.warned, done, days)
    if percent >= OVER:
        row.state = ClockState.MISSED
    row.save(update_fields=["warned", "next_at", "state"])
    if percent:
        _remind(case, row, percent, plan, now)
    for at, rung in rungs:
        _climb(case, row, at, rung, pack, now)


def _remind(case: Case, row: Clock, percent: int, plan: Plan, now: datetime) -> None:
    """Remind whose turn it is; only at percentages that the playbook names."""
    kind = both(ClockKind(row.kind))
    over = percent >= OVER
    if percent in plan.warn:
        name = words(case)
        title = (
            Text(f"已超时（{kind.zh}）：{name.zh}", f"Overdue ({kind.en}): {name.en}")
            if over
            else Text(
                f"{kind.zh}时限已用 {percent}%：{name.zh}",
                f"{percent}% used ({kind.en}): {name.en}",
            )
        )
        department, role = _whose(case, row)
        tell(case, Notice(f"loop.clock:{row.id}:{percent}", department, role, title), now=now)
    verb = "missed" if over else "warned"
    note(case, verb, by=SYSTEM, now=now, task=row.task_id, clock=row.kind, percent=percent)


def _whose(case: Case, row: Clock) -> tuple[str, str]:
    if row.task is None:
        return case.owner_id, str(Role.HANDLER)
    return row.task.department_id, row.task.role


def _climb(case: Case, row: Clock, at: int, rung: Step, pack: Pack, now: datetime) -> None:
    """Climb a rung: tell whom it names. Each is there once, whoever else looks."""
    role = next((each.role for each in pack.manifest.roles if each.id == rung.to), rung.to)
    department = rung.department or _whose(case, row)[0]
    Rung.objects.create(clock=row, at_rung=at, told=f"{department}/{role}", climbed_at=now)
    case.escalated += 1
    Case.objects.filter(id=case.id).update(escalated=case.escalated)
    kind, name = both(ClockKind(row.kind)), words(case)
    title = Text(
        f"督办（{kind.zh}逾 {rung.after}）：{name.zh}",
        f"Escalated ({kind.en}, after {rung.after}): {name.en}",
    )
    tell(case, Notice(f"loop.rung:{row.id}:{at}", department, role, title), now=now)
    note(
        case, "escalated", by=SYSTEM, now=now, task=row.task_id, clock=row.kind, rung=at,
        told=f"{department}/{role}", after=str(rung.after),
    )  # fmt: skip

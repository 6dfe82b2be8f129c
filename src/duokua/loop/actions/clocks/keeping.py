"""The clocks of one case in the hand of whoever acts on it, written back together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from duokua.kernel.limits import Limit, Timer, timer_from_json, timer_to_json
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.playbook import Playbook, PlayTask
from duokua.loop.actions.clocks.planning import next_look, plan_of
from duokua.loop.models import Case, Clock, Rung, Task
from duokua.loop.states.clock import ClockKind, ClockState

FAR = datetime(9999, 12, 31, tzinfo=UTC)
TASK_KINDS = (ClockKind.ACCEPT, ClockKind.CONTROL, ClockKind.DISPOSE)
_FIELDS = ["task", "state", "timer", "due_at", "next_at", "warned", "ended_at"]
_LIVE = (ClockState.RUNNING, ClockState.STOPPED, ClockState.MISSED)


def limits_of(
    playbook: Playbook | None, play: PlayTask | None, level: Level
) -> dict[ClockKind, Limit]:
    """Return how long each clock of a task may run; the task's own limits come first."""
    found: dict[ClockKind, Limit] = {}
    own = dict(play.limits) if play else {}
    for kind in ClockKind:
        span = own.get(str(kind)) or (playbook.limit(level, str(kind)) if playbook else None)
        if span is not None:
            found[kind] = Limit(span.amount, span.unit)
    return found


def drawn(
    case: Case, task: Task | None, limits: Mapping[ClockKind, Limit], kinds: Iterable[ClockKind],
    playbook: Playbook | None, *, now: datetime, calendar: Calendar,
) -> list[Clock]:  # fmt: skip
    """Return clocks that begin now, not yet kept."""
    found = []
    for kind in kinds:
        if kind not in limits:
            continue
        timer = Timer(limits[kind], now)
        plan = plan_of(playbook, kind, Level(case.level))
        found.append(
            Clock(
                case=case, task=task, kind=kind, state=ClockState.RUNNING,
                timer=timer_to_json(timer), due_at=timer.due(calendar),
                next_at=next_look(timer, plan, 0, (), calendar),
            )
        )  # fmt: skip
    return found


def note_due(case: Case, tasks: Sequence[Task], clocks: Iterable[Clock]) -> None:
    """Bring ``due_at`` of a case and its tasks up to date with their clocks."""
    running = [each for each in clocks if live(each) and each.due_at is not None]
    for task in tasks:
        dues = [e.due_at for e in running if e.task_id == task.id and e.due_at is not None]
        task.due_at = min(dues, default=None)
    case.due_at = min((e.due_at for e in running if e.due_at is not None), default=None)
    case.rank_at = case.due_at or FAR


def live(clock: Clock) -> bool:
    """Tell whether what a clock asks for is still to be done."""
    return clock.ended_at is None and clock.state in _LIVE


class CaseClocks:
    """The clocks of a case; :meth:`keep` writes what was changed."""

    def __init__(self, case: Case, playbook: Playbook | None, calendar: Calendar) -> None:
        self.case, self.playbook, self.calendar = case, playbook, calendar
        self.rows = list(Clock.objects.filter(case=case).order_by("id"))
        self._climbed: dict[int, set[int]] = {}
        told = Rung.objects.filter(clock__case=case).values_list("clock_id", "at_rung")
        for clock, at in told:
            self._climbed.setdefault(clock, set()).add(at)

    def live(self, task: Task | None = None, *kinds: ClockKind) -> list[Clock]:
        """Return the clocks that run or stand, of a task and of some kinds if told."""
        return [
            each
            for each in self.rows
            if live(each)
            and (task is None or each.task_id == task.id)
            and (not kinds or each.kind in kinds)
        ]

    def begin(
        self, task: Task | None, play: PlayTask | None, kinds: Iterable[ClockKind], now: datetime
    ) -> None:
        """Let clocks begin now."""
        limits = limits_of(self.playbook, play, Level(self.case.level))
        fresh = drawn(
            self.case, task, limits, kinds, self.playbook, now=now, calendar=self.calendar
        )
        self.rows += Clock.objects.bulk_create(fresh)

    def end(self, task: Task | None, kinds: Iterable[ClockKind], now: datetime) -> None:
        """Note that what clocks ask for is done: in time, or too late."""
        kinds = tuple(kinds)
        for row in self.rows:
            here = row.task_id == (task.id if task else None)
            if live(row) and here and row.kind in kinds:
                over = timer_from_json(row.timer).overdue(now, self.calendar)
                row.state = ClockState.MISSED if over else ClockState.MET
                row.ended_at, row.next_at = now, None

    def void(self, now: datetime, task: Task | None = None) -> None:
        """Note that what clocks ask for is no longer needed."""
        for row in self.live(task):
            row.state, row.ended_at, row.next_at = ClockState.VOID, now, None

    def stop(self, reason: str, now: datetime) -> None:
        """Let every clock stand."""
        for row in self.live():
            timer = timer_from_json(row.timer)
            if not timer.stopped:
                self._write(row, timer.stop(max(now, _last(timer)), reason), now)

    def resume(self, now: datetime) -> None:
        """Let every clock go on."""
        for row in self.live():
            timer = timer_from_json(row.timer)
            if timer.stopped:
                self._write(row, timer.resume(max(now, _last(timer))), now)

    def extend(self, row: Clock, by: Limit, reason: str, now: datetime) -> None:
        """Give a clock more time.

        :raises ValueError: it was extended already, or in days of the other kind.
        """
        timer = timer_from_json(row.timer).extend(by, reason)
        used = timer.used(now, self.calendar)
        row.warned = min(row.warned, int(used))  # what is ahead again is told again
        self._write(row, timer, now)

    def limit_anew(
        self, plays: Mapping[str, PlayTask], tasks: Sequence[Task], now: datetime
    ) -> None:
        """Let running clocks go by the limits of the case's level of now, from their start on."""
        by_id = {task.id: task for task in tasks}
        for row in self.live():
            task = by_id.get(row.task_id) if row.task_id else None
            play = plays.get(task.play) if task else None
            limit = limits_of(self.playbook, play, Level(self.case.level)).get(ClockKind(row.kind))
            if limit is not None:
                timer = timer_from_json(row.timer).limited(limit)
                row.warned = min(row.warned, int(timer.used(now, self.calendar)))
                self._write(row, timer, now)

    def carry(self, old: Task, new: Task) -> None:
        """Let the clocks of a task that is handed over go on in the new one."""
        for row in self.live(old):
            row.task = new

    def _write(self, row: Clock, timer: Timer, now: datetime) -> None:
        row.timer = timer_to_json(timer)
        row.due_at = timer.due(self.calendar)
        plan = plan_of(self.playbook, row.kind, Level(self.case.level))
        done = self._climbed.get(row.id, set())
        row.next_at = next_look(timer, plan, row.warned, done, self.calendar)
        if timer.stopped:
            row.state, row.due_at = ClockState.STOPPED, None
        elif timer.overdue(now, self.calendar) and row.warned >= 100:
            row.state = ClockState.MISSED
        else:
            row.state = ClockState.RUNNING

    def keep(self, tasks: Sequence[Task]) -> None:
        """Write the clocks, and what is due first into the tasks and the case (not yet written)."""
        Clock.objects.bulk_update(self.rows, _FIELDS)
        note_due(self.case, tasks, self.rows)


def _last(timer: Timer) -> datetime:
    """Return the last instant at which something happened to a timer: clocks may be set back."""
    ends = [timer.started]
    ends += [stop.until or stop.since for stop in timer.stops]
    return max(ends)

"""Evaluating a pack (评估): its tables are brought up to date, its rules run, what they find recorded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef

from duokua.engine.lock import exclusive
from duokua.engine.scenario.wire import Value
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule, RuleKind
from duokua.loop.actions.evaluation.desk import Desk, clear_desk, desk_of
from duokua.loop.actions.evaluation.outcome import Outcome
from duokua.loop.actions.evaluation.recording import record
from duokua.loop.actions.evaluation.running import run_rule
from duokua.loop.actions.evaluation.tables import Reader, tables_read
from duokua.loop.actions.evaluation.terms import LATE
from duokua.loop.models import Case, Cursor, Finding, RuleRun
from duokua.loop.selectors.calendar import calendar
from duokua.loop.states.finding import FindingState
from duokua.loop.values.rules import RunInfo

_AT_ONCE = 25  # rules whose outcomes are written in one transaction


def evaluate_pack(
    pack: Pack, reader: Reader, *, rules: Collection[str] = (), whole: bool = False, now: datetime
) -> list[RunInfo]:
    """Run rules of a pack, by default all, over what has changed since; ``whole``: over everything.

    One run of a pack goes on at a time. An error of one rule is told in its run and stops no other.
    """
    with exclusive(_lock(pack.manifest.pack)):
        try:
            return _evaluate(pack, reader, rules, whole, now)
        except BaseException:
            clear_desk(pack.manifest.pack)  # it may know of what was never written
            raise


def _evaluate(
    pack: Pack, reader: Reader, rules: Collection[str], whole: bool, now: datetime
) -> list[RunInfo]:
    desk = desk_of(pack)
    desk.catch_up()
    chosen = [rule for name, rule in pack.rules.items() if not rules or name in rules]
    infos: list[RunInfo] = []
    ended, days = _ended(pack), calendar()
    _make_ready(desk, chosen, reader, whole=whole, now=now)
    left: Sequence[Rule] = chosen
    while left:
        part, left = left[:_AT_ONCE], left[_AT_ONCE:]
        outcomes = _run_some(desk, part, whole, days, ended, now)
        infos += _write(desk, outcomes, now)
        if not desk.session.alive:  # one of them has ended the worker: the others go on
            left = [*part[len(outcomes) :], *left]
            clear_desk(pack.manifest.pack)
            desk = desk_of(pack)
            desk.catch_up()
            _make_ready(desk, left, reader, whole=True, now=now)
    if not rules:
        _note_cursors(desk, now)
    return infos


def _make_ready(
    desk: Desk, rules: Sequence[Rule], reader: Reader, *, whole: bool, now: datetime
) -> None:
    """Bring the tables of rules up to date; rules that are not run now will be run whole."""
    names = dict.fromkeys(name for rule in rules for name in tables_read(rule))
    desk.tables.refresh(names, reader, derived_values(desk.pack, now), whole=whole)
    chosen = {rule.id for rule in rules}
    if desk.tables.changed:
        for name in desk.pack.rules:
            if name not in chosen:
                desk.memory(name).whole_at = None


def derived_values(pack: Pack, now: datetime) -> dict[str, Value]:
    """Return what derived tables may name: parameters as they stand today, and the last day."""
    day = district_day(now)
    held = {name: told.at(day) for name, told in pack.parameters.items()}
    values: dict[str, Value] = {name: told.value for name, told in held.items() if told}
    return {**values, "since": now - LATE, "until": now, "today": day}


def _run_some(
    desk: Desk,
    rules: Sequence[Rule],
    whole: bool,
    days: Calendar,
    ended: dict[str, dict[str, datetime]],
    now: datetime,
) -> list[Outcome]:
    outcomes = []
    for rule in rules:
        over = ended.get(rule.id, {})
        outcomes.append(run_rule(desk, rule, whole=whole, calendar=days, ended=over, now=now))
        if not desk.session.alive:
            break
    return outcomes


def _write(desk: Desk, outcomes: Sequence[Outcome], now: datetime) -> list[RunInfo]:
    """Write the outcomes of several rules; what cannot be written of one is told of that one."""
    written = []
    with transaction.atomic():
        for outcome in outcomes:
            try:
                written.append((outcome, record(desk.pack, outcome, now=now)))
            except DuokuaError as error:
                desk.memory(outcome.rule.id).whole_at = None
                outcome.error, outcome.verdicts, outcome.seen = error, [], []
                written.append((outcome, record(desk.pack, outcome, now=now)))
    infos = []
    for outcome, recorded in written:
        stands = desk.of_rule(outcome.rule.id)
        for key, kept in recorded.kept.items():
            if kept is None:
                stands.pop(key, None)
            else:
                stands[key] = kept
        if recorded.run is not None:
            desk.newest = recorded.run.id
            if outcome.error is None:
                desk.last[outcome.rule.id] = outcome.until
            infos.append(run_info(recorded.run))
    return infos


def _ended(pack: Pack) -> dict[str, dict[str, datetime]]:
    """Return the subjects of event rules whose case people have ended, and when."""
    events = [rule.id for rule in pack.rules.values() if rule.kind is RuleKind.EVENT]
    if not events:
        return {}
    over = Case.objects.filter(id=OuterRef("case"), live=False)
    rows = Finding.objects.filter(
        Exists(over), pack=pack.manifest.pack, rule__in=events, state=FindingState.OPEN
    ).values_list("rule", "subject", "case", "seen_at")
    closed = dict(
        Case.objects.filter(id__in=[case for _, _, case, _ in rows]).values_list("id", "closed_at")
    )
    found: dict[str, dict[str, datetime]] = {}
    for rule, subject, case, seen_at in rows:
        found.setdefault(rule, {})[subject] = (closed.get(case) if case else None) or seen_at
    return found


def _note_cursors(desk: Desk, now: datetime) -> None:
    pack = desk.pack.manifest.pack
    for name, held in desk.tables.held.items():
        if name not in desk.tables.failed:
            told = {"data_version": held.data_version, "read_at": now, "as_of": held.as_of}
            Cursor.objects.update_or_create(pack=pack, table=name, defaults=told)


def run_info(row: RuleRun) -> RunInfo:
    """Return a run as its readers see it."""
    what = row.error["what"] if row.error else None
    return RunInfo(
        row.id, row.pack, row.rule, row.version, row.started_at, row.took_ms, row.since, row.until,
        row.whole, dict(row.counts), row.opened, row.cleared, tuple(row.stale),
        Text(what["zh"], what["en"]) if what else None, tuple(row.receipts),
    )  # fmt: skip


def _lock(pack: str) -> Path:
    return environment.read().home / "run" / "rules" / f"{pack}.lock"

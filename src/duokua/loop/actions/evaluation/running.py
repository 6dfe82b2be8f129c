"""Running a rule (规则运行): whole, or about the subjects that a change touched; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from duokua.engine.scenario.wire import Value
from duokua.kernel.clock import district_day
from duokua.kernel.errors import DuokuaError, NotAllowed
from duokua.kernel.working_time import Calendar
from duokua.lang.parameter import DatedValue
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.narrowing import Narrowed, narrowed
from duokua.lang.scenario.rule import Rule, RuleKind
from duokua.loop.actions.evaluation import asking
from duokua.loop.actions.evaluation.asking import Row
from duokua.loop.actions.evaluation.baselines import make_baseline
from duokua.loop.actions.evaluation.desk import Desk, Kept
from duokua.loop.actions.evaluation.judging import (
    Change,
    Seen,
    Standing,
    Terms,
    judge,
    settled,
)
from duokua.loop.actions.evaluation.outcome import Outcome, Verdict
from duokua.loop.actions.evaluation.tables import tables_read
from duokua.loop.actions.evaluation.terms import (
    Window,
    by_clock,
    dated,
    length_of,
    terms_of,
    values_of,
    window_of,
)
from duokua.loop.actions.evaluation.why import (
    ABSENT,
    NO_LEVEL,
    STALE,
    Grounds,
    stale_about,
)
from duokua.loop.selectors.rules import OF_TABLE, UNREADABLE, of_table

_BY_ITSELF = timedelta(hours=1)  # what hangs on the clock is run again so often, without ``every``
_JUST = Terms()


@dataclass(frozen=True, slots=True)
class _Course:
    """One run of one rule."""

    desk: Desk
    rule: Rule
    window: Window
    terms: Terms
    held: Mapping[str, DatedValue]
    values: Mapping[str, Value]
    now: datetime
    ended: Mapping[str, datetime]  # subjects whose case people have ended
    outcome: Outcome


def run_rule(
    desk: Desk,
    rule: Rule,
    *,
    whole: bool,
    calendar: Calendar,
    ended: Mapping[str, datetime],
    now: datetime,
) -> Outcome:
    """Run a rule over the tables of its desk; an error is told in the outcome.

    It may end the worker: the desk has to be made anew then.
    """
    begun = time.perf_counter()
    window = window_of(rule, desk.last.get(rule.id), now)
    terms = terms_of(rule, window, calendar)
    outcome = Outcome(rule, terms, window.since, window.until)
    try:
        held = dated(rule, desk.pack.parameters, now)
        values = values_of(held, window)
        course = _Course(desk, rule, window, terms, held, values, now, ended, outcome)
        _run(course, whole, calendar)
    except DuokuaError as error:
        outcome.error = error
        outcome.verdicts, outcome.seen = [], []
    if outcome.error is not None or outcome.stale:
        desk.memory(rule.id).whole_at = None  # what changed meanwhile is still to be judged
    outcome.took_ms = round((time.perf_counter() - begun) * 1000)
    return outcome


def _run(course: _Course, whole: bool, calendar: Calendar) -> None:
    desk, rule, outcome = course.desk, course.rule, course.outcome
    sources = desk.tables.sources(rule)
    outcome.receipts = desk.tables.receipts(rule)
    held = {name: desk.tables.held[name] for name in sources if name in desk.tables.held}
    outcome.grounds = Grounds.of(
        desk.pack, rule, course.held, held, course.window, outcome.receipts
    )
    if _judge_tables(course, sources):
        return
    parts = None if whole or _must_be_whole(course) else _parts(course)
    outcome.whole = parts is None
    if rule.baseline is not None:
        _lay_baseline(course, calendar)
    if parts is None:
        _judge_all(course)
        memory = desk.memory(rule.id)
        memory.whole_at, memory.held = course.now, dict(course.held)
    else:
        _judge_parts(course, parts)


# tables that are too old


def _judge_tables(course: _Course, sources: Iterable[str]) -> bool:
    """Judge each table that the rule reads; tell whether there is one by which it cannot judge."""
    stands = course.desk.of_rule(course.rule.id)
    for name in sources:
        about = _unusable(course, name)
        key = of_table(name)
        before = stands.get(key)
        if about is None and before is None:
            continue
        seen = Seen(Level.NONE if about is None else Level.UNKNOWN)
        standing, change = judge((before or Kept()).standing, seen, _JUST, course.now)
        changes = ((change, None),) if change else ()
        why = course.outcome.grounds.unknown(about.pop("code"), **about) if about else None
        course.outcome.verdicts.append(Verdict(key, before or Kept(), standing, changes, why))
        if why is not None:
            course.outcome.stale.append(name)
    if course.outcome.stale:
        course.outcome.counts = {Level.UNKNOWN.value: len(course.outcome.stale)}
    return bool(course.outcome.stale)


def _unusable(course: _Course, name: str) -> dict[str, Any] | None:
    """Return why a table cannot be judged by.

    :raises DuokuaError: it could not be read, for a reason that is no statement about the data.
    """
    tables, consumed = course.desk.tables, course.desk.pack.manifest.consumed(name)
    assert consumed is not None  # noqa: S101 - see Tables.sources
    error, held = tables.failed.get(name), tables.held.get(name)
    if isinstance(error, NotAllowed):
        return {"code": UNREADABLE, **stale_about(name, None, consumed.fresh)}
    as_of = held.as_of if held is not None else None
    too_old = consumed.fresh is not None and as_of is not None and (
        course.now - as_of > timedelta(seconds=consumed.fresh)
    )  # fmt: skip
    if too_old:
        return {"code": STALE, **stale_about(name, as_of, consumed.fresh)}
    if error is not None:
        raise error
    return None


# which subjects


def _must_be_whole(course: _Course) -> bool:
    desk, rule = course.desk, course.rule
    memory = desk.memory(rule.id)
    if memory.whole_at is None or memory.held != dict(course.held):
        return True
    every = length_of(rule.every) if rule.every else _BY_ITSELF
    match by_clock(rule):
        case "instant" if course.now - memory.whole_at >= every:
            return True
        case "day" if district_day(memory.whole_at) != district_day(course.now):
            return True
    changed = [
        n for n in desk.tables.changed if n in {*tables_read(rule), *desk.tables.sources(rule)}
    ]
    return bool(changed) and (
        rule.baseline is not None or any(desk.tables.changed[name].whole for name in changed)
    )


def _parts(course: _Course) -> list[tuple[str, Narrowed]] | None:
    """Return the narrowed query for each table that was patched; ``None``: it has to be whole."""
    desk, rule, found = course.desk, course.rule, []
    for table in desk.tables.changed:
        if table not in desk.tables.sources(rule):
            continue
        first = narrowed(rule.query, table, rule.subject, "_")
        if first is None or table not in rule.tables:
            return None
        small = desk.tables.small(table, first.columns)
        again = narrowed(rule.query, table, rule.subject, small)
        assert again is not None  # noqa: S101 - the name of the small table decides nothing
        found.append((table, again))
    return found


def _lay_baseline(course: _Course, calendar: Calendar) -> None:
    desk, told = course.desk, course.rule.baseline
    assert told is not None  # noqa: S101 - see _run
    laid = (told, district_day(course.window.since))
    if desk.baselines.get(told.table) != laid or told.table in desk.tables.changed:
        contract = desk.pack.contracts[told.table]
        make_baseline(desk.session, told, contract, calendar, course.window.since)
        desk.baselines[told.table] = laid


# judging


def _judge_all(course: _Course) -> None:
    desk, rule = course.desk, course.rule
    rows = asking.fired(desk.session, rule, rule.query, course.values)
    found = asking.by_subject(rule, rows)
    missing = [key for key in desk.of_rule(rule.id) if key not in found and not _of_table(key)]
    if rule.kind is RuleKind.STATE:
        rest = asking.of_subjects(desk.session, rule, rule.query, course.values, missing)
        found |= asking.by_subject(rule, rest)
    course.outcome.counts = asking.levels(desk.session, rule, rule.query, course.values, rows)
    _judge_each(course, found, missing)


def _judge_parts(course: _Course, parts: list[tuple[str, Narrowed]]) -> None:
    """Judge what was touched, and what the mere passing of time changes."""
    desk, rule = course.desk, course.rule
    stands = desk.of_rule(rule.id)
    found: dict[str, list[Row]] = {}
    gone: set[str] = set()
    for table, part in parts:
        rows = asking.by_subject(rule, asking.fired(desk.session, rule, part.query, course.values))
        touched = desk.tables.touched(table, part.columns)
        asked = [key for key in stands if key in touched and key not in rows]
        if rule.kind is RuleKind.STATE:
            rest = asking.of_subjects(desk.session, rule, part.query, course.values, asked)
            rows |= asking.by_subject(rule, rest)
        gone |= {key for key in asked if key not in rows}
        found |= rows
        course.outcome.counts[Level.NONE.value] = len(touched) - len(rows)
    for several in found.values():
        level = several[0].seen.level.value
        course.outcome.counts[level] = course.outcome.counts.get(level, 0) + 1
    due = [
        key for key, kept in stands.items()
        if kept.due is not None and kept.due <= course.now and key not in found
        and key not in gone and not _of_table(key)
    ]  # fmt: skip
    course.outcome.idle = not parts and not due and not course.outcome.verdicts
    _judge_each(course, found, sorted(gone))
    for key in due:
        kept = stands[key]
        seen = None if course.terms.event else Seen(kept.standing.last, kept.standing.keep)
        standing, change = judge(kept.standing, seen, course.terms, course.now)
        _add(course, key, kept, standing, [(change, None)] if change else [])


def _judge_each(course: _Course, found: Mapping[str, list[Row]], missing: Collection[str]) -> None:
    stands = course.desk.of_rule(course.rule.id)
    for key, rows in found.items():
        _judge_rows(course, key, stands.get(key) or Kept(), rows)
    for key in missing:
        if key not in found:
            kept = _settled(course, key, stands[key])
            standing, change = judge(kept.standing, None, course.terms, course.now)
            _add(
                course, key, kept, standing, [(change, None)] if change else [], before=stands[key]
            )


def _judge_rows(course: _Course, key: str, before: Kept, rows: list[Row]) -> None:
    kept = _settled(course, key, before)
    standing, changes = kept.standing, []
    for row in rows:
        standing, change = judge(standing, row.seen, course.terms, course.now)
        if change is not None:
            changes.append((change, row))
    _add(course, key, kept, standing, changes, before=before)
    warned = any(row.seen.level not in (Level.NONE, Level.UNKNOWN) for row in rows)
    if warned and not changes and before.finding is not None and standing.open:
        course.outcome.seen.append(before.finding)


def _settled(course: _Course, key: str, kept: Kept) -> Kept:
    """Return how it stands with a subject of events once people have ended its case."""
    if key not in course.ended or not kept.standing.open:
        return kept
    return Kept(settled(kept.standing, course.ended[key]), kept.finding)


def _add(
    course: _Course,
    key: str,
    kept: Kept,
    standing: Standing,
    changes: Sequence[tuple[Change, Row | None]],
    before: Kept | None = None,
) -> None:
    was = before or kept
    ended = kept.standing is not was.standing
    if standing == was.standing and not changes and not ended:
        return
    why = None
    if standing.open and any(row is None for _, row in changes):
        why = course.outcome.grounds.unknown(ABSENT)
    elif any(row is not None and row.seen.level is Level.UNKNOWN for _, row in changes):
        last = next(row for _, row in changes if row is not None)
        told = course.outcome.grounds.why(last, Level.UNKNOWN.value)
        why = {**course.outcome.grounds.unknown(NO_LEVEL), "values": told["values"]}
    course.outcome.verdicts.append(Verdict(key, was, standing, tuple(changes), why, ended))


def _of_table(key: str) -> bool:
    return key.startswith(OF_TABLE)

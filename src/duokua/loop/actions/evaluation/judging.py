"""Judging (研判): from what a rule says of a subject now, and how it stood, to what becomes of it.

Pure: no clock, no database. Rising needs ``hold``, falling needs ``clear_hold``, both seen without
a break; what is not known never lowers or clears anything. See ``tests/spec/test_judging.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from duokua.lang.scenario.level import SEVERITY, Level

_ZERO = timedelta(0)
_MOST_EVENTS = 500
_BY_SEVERITY = {severity: level for level, severity in SEVERITY.items()}
_TOP = max(SEVERITY.values())
_Since = tuple[datetime | None, ...]  # by severity, from 1 on
_NEVER: _Since = (None,) * _TOP


@dataclass(frozen=True, slots=True)
class Terms:
    """How a rule wants to be judged; ``remember``: how long events may be told again."""

    event: bool = False
    hold: timedelta = _ZERO
    clear_hold: timedelta = _ZERO
    times: int = 1
    within: timedelta = _ZERO
    reopen_within: timedelta = _ZERO
    remember: timedelta = _ZERO


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule's row says of a subject: its level, to which level an open finding is kept."""

    level: Level
    keep: Level | None = None
    at: datetime | None = None  # of the event


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands with a subject: nothing, pending, open at a level, or clearing."""

    level: Level = Level.NONE  # of the open finding; unknown is open as well
    rising: _Since = _NEVER  # since when it is seen at that severity or above
    falling: _Since = _NEVER  # since when it is seen below it
    unknown_since: datetime | None = None
    events: tuple[datetime, ...] = ()  # oldest first
    last: Level = Level.NONE  # what was seen last, to judge by when only time has passed
    keep: Level | None = None
    cleared_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether there is an open finding."""
        return self.level is not Level.NONE


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the finding; ``again``: soon enough after the last for it to go on."""

    what: str  # opened | worse | better | cleared | seen
    level: Level
    again: bool = False


NEW = Standing()
Judged = tuple[Standing, Change | None]


def judge(standing: Standing, seen: Seen | None, terms: Terms, now: datetime) -> Judged:
    """Judge one subject. ``seen`` is ``None`` when the rule's answer does not have it.

    A subject that a state rule does not tell of any more cannot be judged; no event is just that.
    """
    if terms.event:
        return _judge_event(standing, seen, terms, now)
    if seen is None and not standing.open:
        return NEW, None
    if seen is None or seen.level is Level.UNKNOWN:
        return _judge_unknown(replace(standing, last=Level.UNKNOWN, keep=None), terms, now)
    return _judge_state(standing, seen, terms, now)


def due_at(standing: Standing, terms: Terms) -> datetime | None:
    """Return when the mere passing of time changes something; ``None``: never."""
    moments: list[datetime] = []
    severity = max(0, SEVERITY[standing.level])
    if standing.last is not Level.UNKNOWN:
        moments += [s + terms.hold for s in standing.rising[severity:] if s is not None]
        if standing.open:
            moments += [s + terms.clear_hold for s in standing.falling if s is not None]
    elif not standing.open and standing.unknown_since is not None:
        moments.append(standing.unknown_since + terms.hold)
    if standing.events and not standing.open:
        moments.append(standing.events[-1] + max(terms.remember, terms.within))
    if standing.events and standing.open and terms.event and terms.clear_hold:
        moments.append(standing.events[-1] + terms.clear_hold)
    if not standing.open and standing.cleared_at is not None and terms.reopen_within:
        moments.append(standing.cleared_at + terms.reopen_within)
    return min(moments, default=None)


def idle(standing: Standing, terms: Terms, now: datetime) -> bool:
    """Tell whether nothing has to be remembered of a subject."""
    if standing.open or any(standing.rising) or standing.unknown_since is not None:
        return False
    if any(now - at <= max(terms.remember, terms.within) for at in standing.events):
        return False
    return not _again(standing, terms, now)


def _judge_unknown(standing: Standing, terms: Terms, now: datetime) -> Judged:
    """Nothing clears while it is not known: what was falling has to be seen again from the start."""
    first = standing.unknown_since is None
    since = standing.unknown_since or now
    held = replace(standing, unknown_since=since, falling=_NEVER)
    if held.open:
        told = first and held.level is not Level.UNKNOWN
        return held, Change("seen", held.level) if told else None
    if now - since < terms.hold:
        return held, None
    return _opened(held, Level.UNKNOWN, terms, now)


def _judge_state(standing: Standing, seen: Seen, terms: Terms, now: datetime) -> Judged:
    level = kept_level(standing, seen)
    severity = SEVERITY[level]
    rising = tuple(
        (since or now) if severity >= at else None for at, since in enumerate(standing.rising, 1)
    )
    lasting = max(1, SEVERITY[standing.level]) if standing.open else 0
    falling = tuple(
        (since or now) if severity < at <= lasting else None
        for at, since in enumerate(standing.falling, 1)
    )
    events = standing.events
    if terms.times > 1 and severity > 0:
        events = _with(events, seen.at or now, terms, now)
    held = replace(
        standing, rising=rising, falling=falling, unknown_since=None, events=events,
        last=seen.level, keep=seen.keep,
    )  # fmt: skip
    target = max(
        (at for at, since in enumerate(rising, 1) if since and now - since >= terms.hold), default=0
    )
    if target and not standing.open and not _often(held, seen.at or now, terms):
        target = 0
    return _moved(held, target, terms, now)


def _moved(held: Standing, target: int, terms: Terms, now: datetime) -> Judged:
    """Raise to the severity ``target`` where it is above the present one, or let fall what may."""
    if target > max(0, SEVERITY[held.level]):
        level = _BY_SEVERITY[target]
        if not held.open:
            return _opened(held, level, terms, now)
        falling = tuple(since if at <= target else None for at, since in enumerate(held.falling, 1))
        return replace(held, level=level, falling=falling), Change("worse", level)
    if not held.open:
        return held, None
    lasting = max(1, SEVERITY[held.level])
    left = max(
        (at for at, since in enumerate(held.falling, 1)
         if at <= lasting and not (since and now - since >= terms.clear_hold)), default=0,
    )  # fmt: skip
    if left == lasting:
        return held, None
    if left == 0:
        return _cleared(held, now)
    level = _BY_SEVERITY[left]
    falling = tuple(since if at <= left else None for at, since in enumerate(held.falling, 1))
    return replace(held, level=level, falling=falling), Change("better", level)


def kept_level(standing: Standing, seen: Seen) -> Level:
    """Return the level with hysteresis (回差): an open finding is kept to what the row keeps."""
    if seen.keep is None or SEVERITY[standing.level] <= 0:
        return seen.level
    kept = min(SEVERITY[standing.level], SEVERITY[seen.keep])
    return _BY_SEVERITY[max(SEVERITY[seen.level], kept)]


def _judge_event(standing: Standing, seen: Seen | None, terms: Terms, now: datetime) -> Judged:
    if seen is None or seen.level is Level.NONE:
        return _quiet(standing, terms, now)
    at = seen.at or now
    if at in standing.events:
        return standing, None  # told before
    held = replace(standing, events=_with(standing.events, at, terms, now), last=seen.level)
    if not held.open and not _often(held, at, terms):
        return held, None
    if not held.open:
        return _opened(held, seen.level, terms, now)
    if SEVERITY[seen.level] > SEVERITY[held.level]:
        return replace(held, level=seen.level), Change("worse", seen.level)
    return held, Change("seen", held.level)


def _quiet(standing: Standing, terms: Terms, now: datetime) -> Judged:
    """Clear an open finding of events once none has come for ``clear_hold``, where that is set."""
    over = terms.clear_hold and standing.events and now - standing.events[-1] >= terms.clear_hold
    if standing.open and over:
        return _cleared(standing, now)
    kept = tuple(at for at in standing.events if now - at <= max(terms.remember, terms.within))
    return (standing, None) if standing.open else (replace(standing, events=kept), None)


def _with(
    events: tuple[datetime, ...], at: datetime, terms: Terms, now: datetime
) -> tuple[datetime, ...]:
    span = max(terms.remember, terms.within)
    kept = {each for each in events if now - each <= span} | {at}
    return tuple(sorted(kept)[-_MOST_EVENTS:])


def _often(standing: Standing, at: datetime, terms: Terms) -> bool:
    """Tell whether an event makes it enough, within any span of that length that has it.

    Events of before the last clearing have had their finding.
    """
    if terms.times <= 1:
        return True
    begin = standing.cleared_at
    events = [each for each in standing.events if begin is None or each > begin]
    ends = [each for each in events if at <= each < at + terms.within]
    return any(
        sum(end - terms.within < each <= end for each in events) >= terms.times for end in ends
    )


def _again(standing: Standing, terms: Terms, now: datetime) -> bool:
    cleared = standing.cleared_at
    return (
        cleared is not None and now - cleared <= terms.reopen_within and bool(terms.reopen_within)
    )


def _opened(held: Standing, level: Level, terms: Terms, now: datetime) -> Judged:
    again = _again(held, terms, now)
    return replace(held, level=level, falling=_NEVER), Change("opened", level, again)


def _cleared(held: Standing, now: datetime) -> Judged:
    events = held.events
    return Standing(last=held.last, events=events, cleared_at=now), Change("cleared", held.level)


def settled(standing: Standing, now: datetime) -> Standing:
    """Return the standing of a subject whose finding was ended by people (结案)."""
    return Standing(events=standing.events, cleared_at=now)


def standing_to_json(standing: Standing) -> dict[str, Any]:
    """Write a standing, leaving out what is as at the beginning."""
    told: dict[str, Any] = {"level": standing.level.value, "last": standing.last.value}
    for name in ("rising", "falling", "events"):
        series = getattr(standing, name)
        if any(series):
            told[name] = [each and each.isoformat() for each in series]
    for name in ("unknown_since", "cleared_at"):
        if (instant := getattr(standing, name)) is not None:
            told[name] = instant.isoformat()
    if standing.keep is not None:
        told["keep"] = standing.keep.value
    return told


def standing_from_json(told: Mapping[str, Any]) -> Standing:
    """Read what :func:`standing_to_json` wrote."""
    return Standing(
        level=Level(told["level"]),
        rising=_series(told.get("rising"), _NEVER),
        falling=_series(told.get("falling"), _NEVER),
        unknown_since=_instant(told.get("unknown_since")),
        events=tuple(each for each in _series(told.get("events"), ()) if each is not None),
        last=Level(told["last"]),
        keep=Level(told["keep"]) if "keep" in told else None,
        cleared_at=_instant(told.get("cleared_at")),
    )


def _series(told: list[str | None] | None, otherwise: _Since) -> _Since:
    return otherwise if told is None else tuple(map(_instant, told))


def _instant(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)

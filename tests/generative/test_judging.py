"""Laws of judging: whatever a rule says in whatever order, and whenever it is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duokua.lang.scenario.level import SEVERITY, Level
from duokua.loop.actions.evaluation.judging import (
    NEW,
    Seen,
    Terms,
    due_at,
    idle,
    judge,
    standing_from_json,
    standing_to_json,
)

START = datetime(2026, 5, 6, tzinfo=UTC)
SPANS = st.sampled_from([0, 0, 1, 5, 30]).map(lambda n: timedelta(minutes=n))
LEVELS = st.sampled_from(list(Level))


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    """Draw how a rule wants to be judged."""
    times = draw(st.sampled_from([1, 1, 2, 3]))
    return Terms(
        event=draw(st.booleans()), hold=draw(SPANS), clear_hold=draw(SPANS), times=times,
        within=timedelta(minutes=20) if times > 1 else timedelta(0), reopen_within=draw(SPANS),
        remember=timedelta(minutes=60),
    )  # fmt: skip


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[datetime, Seen | None]]:
    """Draw what is seen, and when."""
    found, now = [], START
    for _ in range(draw(st.integers(1, 25))):
        now += timedelta(minutes=draw(st.integers(0, 20)))
        level = draw(st.none() | LEVELS)
        keep = draw(st.none() | st.sampled_from([each for each in Level if each != "unknown"]))
        found.append((now, None if level is None else Seen(level, keep, now)))
    return found


@given(terms(), steps())
def test_what_is_told_is_what_stands(told: Terms, seen: list[tuple[datetime, Seen | None]]) -> None:
    """Exactly one finding is open where one stands: opened before it changes, cleared once."""
    standing, open_ = NEW, False
    for now, each in seen:
        before = standing
        standing, change = judge(standing, each, told, now)
        what = change.what if change else ""
        assert (what == "opened") <= (not open_) and (what in ("worse", "better", "seen")) <= open_
        assert (what == "cleared") <= open_
        open_ = standing.open
        if change is None:
            assert standing.level == before.level
        elif what == "worse":
            assert SEVERITY[standing.level] > SEVERITY[before.level]
        elif what == "better":
            assert 0 < SEVERITY[standing.level] < SEVERITY[before.level]
        if what in ("opened", "worse", "better"):
            assert change is not None and change.level is standing.level


@given(terms(), steps())
def test_never_none_from_unknown(told: Terms, seen: list[tuple[datetime, Seen | None]]) -> None:
    """What is not known clears nothing, lowers nothing, and raises no warning."""
    standing = NEW
    for now, each in seen:
        before = standing
        standing, change = judge(standing, each, told, now)
        unknown = each is None or each.level is Level.UNKNOWN
        if unknown and not told.event and before.open:
            assert standing.level is before.level and (change is None or change.what == "seen")
        if unknown and not before.open:
            assert standing.level in (Level.NONE, Level.UNKNOWN) or told.event


@given(terms(), steps())
def test_nothing_is_lost_on_the_way_to_the_database(
    told: Terms, seen: list[tuple[datetime, Seen | None]]
) -> None:
    standing = NEW
    for now, each in seen:
        standing, _ = judge(standing, each, told, now)
        assert standing_from_json(standing_to_json(standing)) == standing


@given(terms(), steps())
def test_forgetting_what_is_idle_changes_nothing(
    told: Terms, seen: list[tuple[datetime, Seen | None]]
) -> None:
    """A subject of which nothing has to be remembered is judged as one that was never seen."""
    kept, forgetful = NEW, NEW
    for now, each in seen:
        kept, one = judge(kept, each, told, now)
        forgetful, other = judge(forgetful, each, told, now)
        assert one == other
        if idle(forgetful, told, now):
            forgetful = NEW


@given(terms(), steps())
def test_judging_when_it_is_due_is_judging_all_the_time(
    told: Terms, seen: list[tuple[datetime, Seen | None]]
) -> None:
    """Between two answers, looking only at what is due raises what looking each minute raises."""
    if told.event or told.times > 1:
        return
    often, rarely = NEW, NEW
    for (now, each), (then, _) in zip(
        seen, [*seen[1:], (seen[-1][0] + timedelta(hours=1), None)], strict=True
    ):
        often, _ = judge(often, each, told, now)
        rarely, _ = judge(rarely, each, told, now)
        if each is None:
            continue
        for minute in range(1, int((then - now).total_seconds() // 60)):
            at = now + timedelta(minutes=minute)
            often, _ = judge(often, Seen(often.last, often.keep), told, at)
            due = due_at(rarely, told)
            if due is not None and due <= at:
                rarely, _ = judge(rarely, Seen(rarely.last, rarely.keep), told, at)
            assert often.level == rarely.level


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_flapping_is_one_finding(high: list[bool]) -> None:
    """69.9 and 70.1 in turn: with hysteresis nothing falls, so it is raised once and stays."""
    standing, opened = NEW, 0
    for minute, above in enumerate(high):
        level = Level.YELLOW if above else Level.NONE
        now = START + timedelta(minutes=minute)
        standing, change = judge(standing, Seen(level, Level.YELLOW), Terms(), now)
        opened += change is not None and change.what == "opened"
    assert opened == any(high)

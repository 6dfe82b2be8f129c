"""Clocks of cases: reminders, the ladder, quiet hours; each thing once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from duokua.kernel.errors import Invalid, NotAllowed
from duokua.kernel.limits import timer_from_json
from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.facade import acting
from duokua.loop.facade import cases as facade
from duokua.loop.facade import quiet as hours
from duokua.loop.models import Case, CaseEvent, Clock, Held, Quiet, Rung, Task
from duokua.loop.states.clock import ClockState
from duokua.notify import facade as notify
from loop_world import ALONE, NOW, answers, case_of, found, person, settle, with_playbook

pytestmark = pytest.mark.django_db
BOOK = replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),))
PACK = with_playbook(BOOK)


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle(PACK)


def at(minutes: float) -> datetime:
    """An instant so many minutes after the beginning."""
    return NOW + timedelta(minutes=minutes)


def fire(level: Level = Level.RED, subject: str = '["S1"]') -> Case:
    follow([found(subject, level)], pack=PACK, now=NOW)
    return case_of(subject)


def do(verb: str, who: str, minutes: float, **fields: str) -> None:
    """Act on the case so many minutes after the beginning."""
    case = case_of()
    task = Task.objects.get(case=case).id if verb in ("accept", "control", "dispose") else None
    act = Act(verb, task, None, "情况说明", fields)
    perform(case.number, act, person(who), ask=answers(Level.NONE), now=at(minutes))


def titles(who: str) -> list[str]:
    """What stands in somebody's inbox, oldest first."""
    return [message.title.en for message in notify.inbox(person(who)) if message.open][::-1]


def events(verb: str) -> list[dict[str, object]]:
    """What the timeline tells of a verb."""
    return list(CaseEvent.objects.filter(verb=verb).order_by("id").values_list("detail", flat=True))


def test_reminders_come_at_50_80_and_100_percent_each_once() -> None:
    fire()
    acting.care(at(2.4))
    assert not events("warned")
    for minutes in (2.5, 2.6, 4, 4, 5, 5.1):
        acting.care(at(minutes))
        acting.care(at(minutes))
    told = [(each["clock"], each["percent"]) for each in events("warned")]
    assert told == [("accept", 50), ("accept", 80)]
    assert [(each["clock"], each["percent"]) for each in events("missed")] == [("accept", 100)]
    assert titles("fixer")[1:] == [
        "50% used (To accept): Red: A site at risk", "80% used (To accept): Red: A site at risk",
        "Overdue (To accept): Red: A site at risk",
    ]  # fmt: skip
    assert Clock.objects.get(kind="accept").state == ClockState.MISSED


def test_what_was_missed_meanwhile_is_told_once_as_it_stands() -> None:
    fire()
    acting.care(at(40))
    assert [each["percent"] for each in events("missed")] == [100, 100]  # accept and control
    assert not events("warned")
    assert Rung.objects.count() == 2


def test_the_ladder_is_climbed_rung_by_rung_each_once() -> None:
    case = fire()
    for minutes in (9.9, 10, 10, 29, 30, 31, 600):
        acting.care(at(minutes))
    told = list(Rung.objects.order_by("id").values_list("told", "climbed_at"))
    assert told == [("works/head", at(10)), ("works/command", at(30))]
    assert any("Escalated (To accept, after 10m)" in title for title in titles("fixer_head"))
    assert any("Escalated (To accept, after 30m)" in title for title in titles("chief"))
    case.refresh_from_db()
    assert case.escalated == 2 and len(events("escalated")) == 2


def test_nothing_is_climbed_once_it_was_accepted() -> None:
    fire()
    acting.care(at(4))
    do("accept", "fixer", 4.5)
    assert "80% used (To accept): Red: A site at risk" not in titles("fixer")  # it is no more
    acting.care(at(14))
    assert not Rung.objects.exists()
    clock = Clock.objects.get(kind="accept")
    assert (clock.state, clock.ended_at, clock.next_at) == (ClockState.MET, at(4.5), None)


def test_whoever_was_told_acknowledges() -> None:
    fire()
    acting.care(at(10))
    info = facade.case(case_of().number, person("fixer_head"), now=at(10))
    verb = next(each for each in info.verbs if each.verb == "acknowledge")
    assert "acknowledge" not in [
        v.verb for v in facade.case(info.number, person("fixer"), now=at(10)).verbs
    ]
    do("acknowledge", "fixer_head", 11, rung=verb.fields[0].options[0][0])
    assert Rung.objects.get().acknowledged_by == "fixer_head"
    assert not any("Escalated" in title for title in titles("fixer_head"))


def test_late_is_late_also_when_nobody_looked() -> None:
    fire()
    do("accept", "fixer", 6)
    assert Clock.objects.get(kind="accept").state == ClockState.MISSED


def test_a_suspended_case_is_not_overdue_and_goes_on_by_itself() -> None:
    fire(Level.ORANGE)
    do("suspend", "fixer_head", 5, until=at(65).isoformat())
    acting.care(at(64))
    assert not events("missed") and case_of().state == "suspended"
    acting.care(at(66))
    case = case_of()
    assert case.state == "dispatched" and case.due_at == at(15 + 61)
    assert [event.by for event in CaseEvent.objects.filter(verb="resume")] == ["system"]
    assert not CaseEvent.objects.filter(verb="missed").exists()
    acting.care(at(76))
    assert [each["clock"] for each in events("missed")] == ["accept"]


def test_more_time_takes_it_back_before_the_end() -> None:
    fire(Level.ORANGE)
    acting.care(at(61))
    assert Clock.objects.get(kind="control").state == ClockState.MISSED
    do("extend", "fixer_head", 62, clock="control", span="1h")
    clock = Clock.objects.get(kind="control")
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, at(120))
    acting.care(at(121))
    assert [each["clock"] for each in events("missed")].count("control") == 2


def test_clocks_go_by_a_raised_level_at_once() -> None:
    fire(Level.YELLOW)
    follow([found(level=Level.RED, what="worse")], pack=PACK, now=at(20))
    assert case_of().due_at == at(5)
    acting.care(at(20))
    assert {each["clock"] for each in events("missed")} == {"accept", "control"}
    assert Rung.objects.get().told == "works/head"  # of red after ten minutes


def test_working_days_of_the_calendar() -> None:
    fire(Level.BLUE)
    clock = Clock.objects.get(kind="dispose")
    assert timer_from_json(clock.timer).limit.unit == "wd"
    # Saturday the 9th is worked in exchange for the holiday (调休).
    assert clock.due_at == datetime.fromisoformat("2026-05-12T23:59:59+08:00")
    info = facade.case(case_of().number, person("fixer"), now=NOW)
    assert next(each for each in info.clocks if each.kind == "dispose").limit == "5wd"


# Quiet hours.


def quiet(begins: time, ends: time, severity: int = 4) -> None:
    """Let the handlers of the works bureau be left alone."""
    Quiet.objects.create(
        department_id="works", role="handler", begins=begins, ends=ends, severity=severity,
        set_by="fixer_head", set_at=NOW,
    )  # fmt: skip


def test_in_quiet_hours_only_the_gravest_is_told() -> None:
    quiet(time(9), time(12))  # it is ten in Shanghai
    fire(Level.YELLOW)
    fire(Level.RED, '["S2"]')
    assert titles("fixer") == ["New task: Red: A site at risk"]
    held = Held.objects.get()
    assert held.tell_at == datetime.fromisoformat("2026-05-06T12:00:00+08:00")
    assert acting.care(at(119))["told"] == 0
    acting.care(at(120))
    assert "New task: Yellow: A site at risk" in titles("fixer")
    assert not Held.objects.filter(cause=held.cause).exists()


def test_what_is_accepted_meanwhile_is_not_told_any_more() -> None:
    quiet(time(22), time(12))  # over midnight
    fire(Level.YELLOW)
    do("accept", "fixer", 5)
    assert not Held.objects.exists()
    acting.care(at(130))
    assert "New task: Yellow: A site at risk" not in titles("fixer")


def test_a_post_says_from_which_level_on_it_is_told_nevertheless() -> None:
    quiet(time(9), time(12), severity=3)
    fire(Level.ORANGE)
    assert titles("fixer") == ["New task: Orange: A site at risk"]
    assert not Held.objects.exists()


def test_the_head_sets_them_for_the_department() -> None:
    told = {"begins": time(22), "ends": time(7), "least": Level.ORANGE, "now": NOW}
    for who in ("fixer", "helper_head", "chief"):
        with pytest.raises(NotAllowed):
            hours.set_quiet("works", "handler", person=person(who), **told)
    with pytest.raises(Invalid):
        hours.set_quiet("works", "steward", person=person("fixer_head"), **told)
    with pytest.raises(Invalid):
        hours.set_quiet(
            "works", "head", person=person("fixer_head"), **{**told, "least": Level.NONE}
        )
    hours.set_quiet("works", "handler", person=person("fixer_head"), **told)
    [row] = hours.quiet_hours("works")
    assert (row.role, row.begins, row.least, row.set_by) == (
        "handler", time(22), Level.ORANGE, "fixer_head",
    )  # fmt: skip
    hours.set_quiet("works", "handler", person=person("fixer_head"), **{**told, "ends": time(22)})
    assert hours.quiet_hours("works") == []


def test_outside_of_them_everything_is_told() -> None:
    quiet(time(12), time(14))
    fire(Level.BLUE)
    assert titles("fixer") == ["New task: Blue: A site at risk"]

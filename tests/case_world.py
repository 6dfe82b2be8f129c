"""Cases that a rule opens and people act on: what the tests of cases share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.facade import cases as facade
from duokua.loop.models import Case, Task
from duokua.loop.values.case import CaseInfo
from duokua.notify import facade as notify
from loop_world import (
    ALONE,
    NOW,
    answers,
    case_of,
    found,
    person,
    with_playbook,
)

BARE = with_playbook(replace(ALONE, tasks=(replace(ALONE.tasks[0], asks=()),)))
JOINT = {"rule": "flood"}


def fire(
    what: str = "opened", level: Level = Level.RED, *, now: datetime = NOW, **told: Any
) -> Case:
    """Let the rule find something of the subject."""
    follow([found(level=level, what=what, now=now, **told)], pack=BARE, now=now)
    return case_of(rule=told.get("rule", "danger"))


def do(
    verb: str, who: str, text: str = "情况说明", *, task: int | None = None, rule: str = "danger",
    says: Level = Level.NONE, now: datetime = NOW, revision: int | None = None, **fields: str,
) -> CaseInfo:  # fmt: skip
    """Act on the case; its rule says ``says`` when it is asked."""
    case = case_of(rule=rule)
    act = Act(verb, task, revision, text, fields)
    number = perform(case.number, act, person(who), ask=answers(says), now=now)
    return facade.case(number, person("chief"), now=now)


def task(department: str = "works", rule: str = "danger") -> int:
    """Return the newest task of a department."""
    rows = Task.objects.filter(case=case_of(rule=rule), department=department)
    return rows.order_by("-id")[0].id


def disposed(rule: str = "danger") -> Case:
    """Bring a case of one department to where it waits for verification."""
    fire(rule=rule)
    for verb in ("accept", "control", "dispose"):
        do(verb, "fixer", task=task())
    return case_of()


def titles(who: str) -> list[str]:
    """Return what stands in somebody's inbox."""
    return [message.title.en for message in notify.inbox(person(who)) if message.open]


def joint() -> Case:
    """Open a case of three departments, one after another where the playbook says so."""
    return fire(level=Level.ORANGE, rule="flood")


def act(verb: str, who: str, department: str, **told: Any) -> CaseInfo:
    """Act on a department's task of the joint case."""
    return do(verb, who, task=task(department, "flood"), rule="flood", **told)

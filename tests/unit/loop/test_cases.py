"""Who may do what with a case, and what comes of it."""

from __future__ import annotations

import pytest

from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import Act, follow, perform
from duokua.loop.facade import cases as facade
from loop_world import NOW, PACK, answers, case_of, found, person, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    settle()


def do(verb: str, who: str, **told: object) -> None:
    """Act on the case."""
    case = case_of()
    perform(case.number, Act(verb, **told), person(who), ask=answers(Level.NONE), now=NOW)


def test_a_finding_opens_one_case() -> None:
    follow([found()], pack=PACK, now=NOW)
    info = facade.case(case_of().number, person("fixer"), now=NOW)
    assert info.row.lead == "works" and len(info.tasks) == 1 and len(info.clocks) == 3
    print([v.verb for v in info.verbs], info.row.verbs)

"""Which posts somebody holds, and in which role they open a page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duokua.identity.facade import Acting, Person, Role
from duokua.kernel.text import Text

UNTIL = datetime(2026, 5, 6, 16, tzinfo=UTC)  # midnight in the district
NAME = Text("李", "Li")


def person(role: Role, *more: Role, acting: tuple[tuple[str, Role], ...] = ()) -> Person:
    given = tuple(Acting("wang", NAME, department, each, UNTIL) for department, each in acting)
    return Person("li", NAME, "a", NAME, role, frozenset((role, *more)), given)


def test_who_is_made_with_a_role_only_holds_it() -> None:
    bare = Person("li", NAME, "a", NAME, Role.STEWARD)
    assert bare.roles == {Role.STEWARD} and bare.holds(Role.STEWARD)


def test_own_posts_and_delegated_ones() -> None:
    who = person(Role.DEVELOPER, Role.HEAD, acting=(("a", Role.STEWARD), ("b", Role.AUDITOR)))
    assert who.holds(Role.HEAD) and who.holds(Role.HEAD, "a")
    assert not who.holds(Role.HEAD, "b")
    assert not who.holds(Role.STEWARD) and who.holds(Role.STEWARD, "a")
    assert who.hats == {Role.DEVELOPER, Role.HEAD, Role.STEWARD}
    found = who.acts_for(Role.STEWARD, "a")
    assert found is not None and found.for_person == "wang"
    assert found.last_day.isoformat() == "2026-05-06"
    assert who.acts_for(Role.HEAD, "a") is None


def test_one_who_holds_a_post_does_not_act_for_somebody_in_it() -> None:
    who = person(Role.HEAD, acting=(("a", Role.HEAD),))
    assert who.holds(Role.HEAD, "a") and who.acts_for(Role.HEAD, "a") is None


@pytest.mark.parametrize(
    ("allowed", "worn"),
    [
        ((Role.DEVELOPER, Role.BUREAU), Role.DEVELOPER),  # the main post comes first
        ((Role.STEWARD, Role.BUREAU), Role.BUREAU),  # then the farthest reach
        ((Role.STEWARD,), Role.STEWARD),
        ((Role.HEAD,), Role.HEAD),  # by delegation
        ((Role.AUDITOR,), None),
        ((), None),
    ],
)
def test_in_which_role_a_page_opens(allowed: tuple[Role, ...], worn: Role | None) -> None:
    who = person(Role.DEVELOPER, Role.STEWARD, Role.BUREAU, acting=(("a", Role.HEAD),))
    found = who.wearing(allowed)
    assert (found.role if found else None) == worn
    assert found is None or (found.roles, found.acting) == (who.roles, who.acting)


def test_who_sees_core_resources_of_everybody() -> None:
    assert person(Role.STEWARD).viewer == "a"
    assert person(Role.STEWARD, Role.BUREAU).viewer is None
    assert person(Role.STEWARD, acting=(("a", Role.AUDITOR),)).viewer is None

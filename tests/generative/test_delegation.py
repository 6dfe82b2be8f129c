"""Laws of delegation and of administrators: nobody gains a post that is not theirs to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from duokua.identity import delegation, selectors
from duokua.identity import facade as identity
from duokua.identity.models import Post, User
from duokua.identity.rules import OF_A_DEPARTMENT, Reach
from duokua.identity.states import DISTRICT_WIDE, Role
from duokua.kernel.errors import DuokuaError
from ledgers import EFFORT

START = datetime(2026, 5, 6, 4, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cai", "dan", "eve")
DEPARTMENTS = ("north", "north_below", "south")
ROLES = (Role.STEWARD, Role.HEAD, Role.BUREAU, Role.ADMIN)
people, roles = st.sampled_from(PEOPLE), st.sampled_from(ROLES)
departments = st.sampled_from(DEPARTMENTS)
spins = st.integers(0, 999)
GIVE = st.tuples(
    st.just("give"), people, spins, spins, st.sampled_from((0, 1, 30, 89)) | st.integers(-2, 95)
)
ACTS = st.one_of(
    GIVE,
    GIVE,
    GIVE,
    st.tuples(st.just("hand on"), st.integers(0, 2), spins),
    st.tuples(st.just("revoke"), people, spins),
    st.tuples(st.just("wait"), st.sampled_from((1, 3600, 86_400, 40 * 86_400))),
    st.tuples(st.just("post"), people, roles, st.none() | st.integers(1, 60)),
    st.tuples(st.just("end"), people, roles),
    st.tuples(st.just("move"), people, departments),
    st.tuples(st.just("off"), people),
)


@dataclass
class Given:
    """What the model remembers of a delegation that was accepted."""

    number: int
    giver: str
    taker: str
    department: str
    role: Role
    end: datetime
    since: datetime
    revoked: bool = False


@dataclass
class World:
    """Posts and delegations as words would keep them, beside the real ones."""

    now: datetime = START
    where: dict[str, str] = field(default_factory=dict)
    main: dict[str, Role] = field(default_factory=dict)
    posts: list[tuple[str, str, Role, datetime, datetime | None]] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    off: set[str] = field(default_factory=set)

    def own(self, name: str) -> set[Role]:
        held = {
            role
            for who, at, role, since, until in self.posts
            if who == name and at == self.where[name] and since <= self.now
            and (until is None or self.now < until)
        }  # fmt: skip
        return held | {self.main[name]}

    def counts(self, one: Given) -> bool:
        same = self.where[one.giver] == self.where[one.taker] == one.department
        held = one.role in self.own(one.giver) and one.giver not in self.off
        return same and held and not one.revoked and one.since <= self.now < one.end

    def colleague(self, name: str, turn: int) -> str:
        """Return somebody, mostly of the same department."""
        near = [each for each in PEOPLE if self.where[each] == self.where[name] and each != name]
        choice = [*near, *near, *near, *PEOPLE]
        return choice[turn % len(choice)]

    def acting(self, name: str) -> set[tuple[str, str, Role]]:
        return {
            (one.giver, one.department, one.role)
            for one in self.given
            if one.taker == name and self.counts(one)
        }


def build(mains: list[Role], places: list[str]) -> World:
    world = World()
    identity.ensure_department("north", "北局", "North")
    identity.ensure_department("north_below", "北所", "North office", "north")
    identity.ensure_department("south", "南局", "South")
    for name, role, place in zip(PEOPLE, mains, places, strict=True):
        User.objects.create(username=name, name_zh=name, department_id=place, role=role)
        world.where[name], world.main[name] = place, role
    return world


def person(world: World, name: str) -> identity.Person:
    return selectors.person(User.objects.get(username=name), world.now)


def give(world: World, giver: str, taker: str, role: Role, days: int) -> None:
    last = (world.now + timedelta(days=days)).astimezone(delegation.clock.SHANGHAI).date()
    allowed = (
        giver != taker
        and role in world.own(giver) - {Role.CITIZEN}
        and role not in world.own(taker)
        and taker not in world.off
        and world.where[giver] == world.where[taker]
        and 0 <= days <= 89
        and not any(
            one.giver == giver and one.taker == taker and one.role == role and world.counts(one)
            for one in world.given
        )
    )  # fmt: skip
    try:
        info = delegation.give(
            person(world, giver), delegation.Order(taker, role, last), now=world.now
        )
    except DuokuaError:
        assert not allowed
        return
    assert allowed
    assert world.now < info.until <= world.now + timedelta(days=90)
    place = world.where[giver]
    world.given.append(Given(info.number, giver, taker, place, role, info.until, world.now))


def revoke(world: World, name: str, index: int) -> None:
    if not world.given:
        return
    one = world.given[index % len(world.given)]
    name = (one.giver, one.taker, name)[index % 3]
    boss = Role.ADMIN in world.own(name) or any(r == Role.ADMIN for *_, r in world.acting(name))
    theirs = name in (one.giver, one.taker) or (boss and world.where[name] == one.department)
    try:
        delegation.revoke(one.number, person(world, name), now=world.now)
    except DuokuaError:
        assert not theirs or one.revoked or world.now >= one.end
        return
    assert theirs and not one.revoked
    one.revoked = True


def give_post(world: World, name: str, role: Role, days: int | None) -> None:
    until = None if days is None else world.now + timedelta(days=days)
    place, held = world.where[name], world.own(name)
    identity.ensure_post(name, place, role, now=world.now, until=until)
    if role not in held:
        world.posts.append((name, place, role, world.now, until))


def end_post(world: World, name: str, role: Role) -> None:
    rows = Post.objects.filter(person__username=name, role=role)
    selectors.live_posts(world.now).filter(pk__in=rows).update(until=world.now)
    ended = (name, role)
    world.posts = [
        (w, d, r, s, world.now if (w, r) == ended and (u is None or u > world.now) else u)
        for w, d, r, s, u in world.posts
    ]


def do(world: World, act: tuple[Any, ...]) -> None:
    match act:
        case ("give", giver, spin, turn, days):
            mostly = 3 * sorted(world.own(giver))  # what may be given, and now and then what not
            role = [*mostly, *ROLES, Role.CITIZEN][spin % (len(mostly) + len(ROLES) + 1)]
            give(world, giver, world.colleague(giver, turn), role, days)
        case ("hand on", index, turn):
            for one in world.given[-1 - index :][:1]:
                give(world, one.taker, world.colleague(one.taker, turn), one.role, 1)
        case ("revoke", name, index):
            revoke(world, name, index)
        case ("wait", seconds):
            world.now += timedelta(seconds=seconds)
        case ("post", name, role, days):
            give_post(world, name, role, days)
        case ("end", name, role):
            end_post(world, name, role)
        case ("move", name, place):
            User.objects.filter(username=name).update(department_id=place)
            world.where[name] = place
        case ("off", name):
            User.objects.filter(username=name).update(is_active=False)
            world.off.add(name)


@pytest.mark.django_db
@settings(
    max_examples=25 * EFFORT,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # each step is durable: shrinking would take minutes
)
@given(
    st.lists(roles, min_size=5, max_size=5),
    st.lists(st.sampled_from(("north", "north", "north", "south")), min_size=5, max_size=5),
    st.lists(ACTS, min_size=10, max_size=18),
)
def test_a_delegation_counts_exactly_as_words_say(
    mains: list[Role], places: list[str], acts: list[tuple[Any, ...]]
) -> None:
    """Never beyond its end, never handed on, gone when revoked, only within one department."""
    with transaction.atomic():
        world = build(mains, places)
        for act in acts:
            do(world, act)
            for name in PEOPLE:
                seen = person(world, name)
                assert seen.roles == world.own(name)
                found = {(one.for_person, one.department, one.role) for one in seen.acting}
                assert found == world.acting(name)
                assert all(one.department == seen.department for one in seen.acting)
                for role in Role:
                    for place in DEPARTMENTS:
                        assert not seen.holds(role, place) or place == world.where[name]
        for role in ROLES:
            for but in ("", *PEOPLE):
                held = [
                    place
                    for place in sorted(DEPARTMENTS)
                    if any(
                        one.username != but for one in selectors.people_with(role, place, world.now)
                    )
                ]
                assert selectors.departments_with(role, world.now, but=but) == held
        for place in DEPARTMENTS:
            for role in ROLES:
                found = {one.username for one in selectors.people_with(role, place, world.now)}
                assert found == {
                    name
                    for name in PEOPLE
                    if name not in world.off and world.where[name] == place
                    and (role in world.own(name) or (role in {r for *_, r in world.acting(name)}))
                }  # fmt: skip
        transaction.set_rollback(True)


REACH = st.builds(
    Reach,
    username=people,
    department=departments,
    below=st.frozensets(departments),
    appointed=st.frozensets(st.sampled_from(sorted(DISTRICT_WIDE))),
)


@given(REACH, people, departments, st.frozensets(st.sampled_from(Role), min_size=1))
def test_an_administrator_touches_nobody_beyond_their_reach(
    reach: Reach, name: str, place: str, held: frozenset[Role]
) -> None:
    inside = place == reach.department or place in reach.below
    for role in Role:
        if reach.may_give(role, place):
            assert inside
            assert role in OF_A_DEPARTMENT or (
                role in reach.appointed and place == reach.department
            )
    if reach.may_touch(name, place, held):
        assert inside and name != reach.username
        assert all(reach.may_give(role, place) for role in held)
    assert not reach.may_give(Role.CITIZEN, place)

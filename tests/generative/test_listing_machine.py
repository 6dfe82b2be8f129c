"""Whatever people do with a listing in whatever order: nothing is reached that the rules forbid."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, DuokuaError, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.store import facade as store
from duokua.store.models import Listing, ListingReview, ListingVersion
from duokua.store.states.listing import (
    IN_REVIEW,
    LISTING_MOVES,
    VERSION_MOVES,
    ListingState,
    VersionState,
)
from duokua.store.values.reviewing import DUTIES
from ledgers import EFFORT
from unit.store.district import CLEAN, settle

pytestmark = pytest.mark.django_db(transaction=True)
NAME = Text("某人", "Somebody")
BEGAN = datetime(2026, 5, 6, 4, tzinfo=UTC)


def _who(name: str, department: str, *roles: Role) -> Person:
    return Person(name, NAME, department, NAME, roles[0], frozenset(roles))


# Some hold several posts, so that the rules are what keeps them from doing everything alone.
PEOPLE = [
    _who("steward", "water", Role.STEWARD),
    _who("chief", "water", Role.HEAD, Role.STEWARD, Role.SECURITY),
    _who("head", "water", Role.HEAD),
    _who("guard", "bureau", Role.SECURITY, Role.BUREAU),
    _who("security", "bureau", Role.SECURITY),
    _who("reviewer", "bureau", Role.BUREAU),
    _who("stranger", "health", Role.STEWARD, Role.HEAD),
]
people = st.sampled_from(PEOPLE)
STEWARDS = [each for each in PEOPLE if Role.STEWARD in each.roles and each.department == "water"]


class Life(RuleBasedStateMachine):
    """One listing under everybody's hands, with each move held against the tables."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.number = 0
        self.listing = ""
        self.versions: dict[int, str] = {}

    @initialize()
    def begin(self) -> None:
        ListingReview.objects.all().delete()
        ListingVersion.objects.all().delete()
        Listing.objects.all().delete()

    def _try(self, act: Any, *words: Any, **named: Any) -> bool:
        self.now += timedelta(minutes=1)
        try:
            act(*words, now=self.now, **named)
        except (NotAllowed, Conflict, NotFound):
            return False
        return True

    @rule(by=people)
    def draft(self, by: Person) -> None:
        body = dataclasses.replace(store.propose_listing("patrol"), contact=NAME)
        if self._try(store.draft_listing, "patrol", by=by, body=body):
            assert by.department == "water"
            assert Role.STEWARD in by.roles

    @rule(by=people)
    def change(self, by: Person) -> None:
        self._try(store.change_listing, "patrol", by=by)

    @rule(by=people, old=st.booleans())
    def save(self, by: Person, old: bool) -> None:
        version = self._under_way()
        self.number += 1
        title = Text(f"标题{self.number}", f"Title {self.number}")
        body = dataclasses.replace(store.propose_listing("patrol"), contact=NAME, title=title)
        revision = (version.revision if version else 0) - old
        if self._try(store.save_listing, "patrol", body, by=by, revision=revision):
            assert not old
            assert version is not None
            assert version.state == VersionState.DRAFT

    @rule(by=people)
    def submit(self, by: Person) -> None:
        self._try(store.submit_listing, "patrol", by=by)

    @rule(by=people)
    def drop(self, by: Person) -> None:
        self._try(store.drop_listing, "patrol", by=by)

    @rule(by=people, agreed=st.sampled_from([True, True, True, False]))
    def review(self, by: Person, agreed: bool) -> None:
        version = self._under_way()
        first = version is not None and version.state == VersionState.ASSESSMENT
        findings = CLEAN if first else None
        done = self._try(
            store.review_listing, "patrol", by=by, agreed=agreed, comment="意见", findings=findings
        )
        if done:
            assert version is not None
            assert by.username not in (version.created_by, version.submitted_by)
            assert DUTIES[VersionState(version.state)] in by.roles

    @rule(
        writer=st.sampled_from(STEWARDS),
        sender=st.sampled_from(STEWARDS),
        picks=st.lists(st.integers(0, 2), min_size=3, max_size=4),
    )
    def go_the_whole_way(self, writer: Person, sender: Person, picks: list[int]) -> None:
        """Written, submitted, and decided by people whose post it is, whoever they are."""
        self.draft(by=writer)
        self.change(by=writer)
        self.submit(by=sender)
        for pick in picks:
            version = self._under_way()
            stage = VersionState(version.state) if version else VersionState.DRAFT
            holders = [each for each in PEOPLE if DUTIES.get(stage) in each.roles]
            holders = [each for each in holders if each.username != "stranger"]
            if holders:
                self.review(by=holders[pick % len(holders)], agreed=True)

    @rule(by=people)
    def announce(self, by: Person) -> None:
        self._try(store.announce_withdrawal, "patrol", reason="改版", by=by)

    @rule(by=people)
    def keep(self, by: Person) -> None:
        self._try(store.keep_listing, "patrol", by=by)

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        before = Listing.objects.filter(state=ListingState.NOTICE).first()
        done = store.complete_withdrawals(now=self.now)
        due = before is not None and before.notice_until is not None
        assert bool(done) == (due and before.notice_until <= self.now)  # type: ignore[operator, union-attr]

    def _under_way(self) -> ListingVersion | None:
        return ListingVersion.objects.filter(state__in=[VersionState.DRAFT, *IN_REVIEW]).first()

    @invariant()
    def every_move_is_in_the_tables(self) -> None:
        row = Listing.objects.first()
        if row is None:
            return
        if self.listing and row.state != self.listing:
            assert _reaches(LISTING_MOVES, ListingState(self.listing), ListingState(row.state))
        self.listing = row.state
        for version in ListingVersion.objects.all():
            before = self.versions.get(version.number, version.state)
            if before != version.state:
                assert _reaches(VERSION_MOVES, VersionState(before), VersionState(version.state))
            self.versions[version.number] = version.state

    @invariant()
    def one_version_is_under_way_and_one_on_show(self) -> None:
        states = list(ListingVersion.objects.values_list("state", flat=True))
        assert sum(s in (VersionState.DRAFT, *IN_REVIEW) for s in states) <= 1
        assert states.count(VersionState.SHOWN) <= 1
        row = Listing.objects.first()
        if row is not None:
            assert bool(row.shown) == (row.state != ListingState.DRAFT)

    @invariant()
    def what_is_on_show_was_agreed_to_by_three_others(self) -> None:
        row = Listing.objects.filter(shown__gt=0).first()
        if row is None:
            return
        version = ListingVersion.objects.get(number=row.shown)
        assert version.state == VersionState.SHOWN
        assert row.title_zh == version.body["title"]["zh"]
        said = list(
            ListingReview.objects.filter(version=version, at__gt=version.submitted_at).order_by(
                "id"
            )
        )
        assert [each.stage for each in said] == [str(stage) for stage in IN_REVIEW]
        assert all(each.agreed for each in said)
        names = {each.by for each in said}
        assert len(names) == len(IN_REVIEW)
        assert names.isdisjoint({version.submitted_by, version.created_by})


def _reaches(moves: dict[Any, tuple[Any, ...]], start: Any, end: Any) -> bool:
    """Tell whether there is a way: one rule may make several moves."""
    seen, ahead = {start}, [start]
    while ahead:
        for state in moves[ahead.pop()]:
            if state not in seen:
                seen.add(state)
                ahead.append(state)
    return end in seen - {start} or end in moves[start]


def test_no_order_of_acts_breaks_the_rules(
    monkeypatch: pytest.MonkeyPatch, settings_: None
) -> None:
    settle()
    monkeypatch.setattr("duokua.store.actions.listing_notes.hand_over", lambda *_: None)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25 * EFFORT,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],  # shrinking a life takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_(settings: Any) -> None:
    """Hash passwords quickly."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_a_stranger_gets_nowhere() -> None:
    """The tables themselves: nothing is on show without the three stages before it."""
    ways = [[VersionState.DRAFT]]
    while ways:
        way = ways.pop()
        if way[-1] == VersionState.SHOWN:
            assert way[-4:-1] == list(IN_REVIEW)
            continue
        ways += [[*way, to] for to in VERSION_MOVES[way[-1]] if to not in way]
    with pytest.raises(DuokuaError):
        store.listing("nothing")

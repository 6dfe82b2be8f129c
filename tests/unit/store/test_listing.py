"""A listing from its draft through three reviews to its withdrawal."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from duokua.audit import facade as audit
from duokua.kernel.errors import Conflict, Invalid, NotAllowed
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.store import facade as store
from duokua.store.facade import ListingBody
from duokua.store.models import Listing, ListingVersion
from unit.store.district import CLEAN, NOW, person, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()


def _body(**changes: object) -> ListingBody:
    base = dataclasses.replace(
        store.propose_listing("patrol"), contact=Text("河长办", "River office")
    )
    return dataclasses.replace(base, **changes)


def _submitted() -> None:
    store.draft_listing("patrol", by=person("steward"), now=NOW, body=_body())
    store.submit_listing("patrol", by=person("steward"), now=NOW)


def _shown() -> None:
    _submitted()
    store.review_listing("patrol", by=person("security"), agreed=True, findings=CLEAN, now=NOW)
    store.review_listing("patrol", by=person("head"), agreed=True, now=NOW)
    store.review_listing("patrol", by=person("reviewer"), agreed=True, now=NOW)


def test_three_posts_agree_and_then_it_is_on_show() -> None:
    _submitted()
    for name, state in (("security", "consent"), ("head", "review"), ("reviewer", "shown")):
        assert store.listing("patrol").state == "draft"
        findings = CLEAN if name == "security" else None
        done = store.review_listing(
            "patrol", by=person(name), agreed=True, findings=findings, now=NOW
        )
        assert done.state == state
    told = store.listing("patrol")
    assert (told.state, told.number, told.published_at) == ("published", 1, NOW)
    verbs = [each.verb for each in audit.find(of="patrol")]
    assert verbs[:5] == [
        "listing.show", "listing.agree", "listing.agree", "listing.submit", "listing.draft",
    ]  # fmt: skip


def test_each_hand_over_tells_the_post_whose_turn_it_is() -> None:
    _submitted()
    assert [m.title.en for m in notify.inbox(person("security"))] == [
        "To be reviewed: River patrols"
    ]
    assert notify.unread(person("head")) == 0
    store.review_listing("patrol", by=person("security"), agreed=True, findings=CLEAN, now=NOW)
    assert notify.unread(person("security")) == 0
    assert notify.unread(person("head")) == 1


@pytest.mark.parametrize("name", ["steward", "steward_2", "head", "reviewer", "user"])
def test_only_the_security_officer_assesses(name: str) -> None:
    _submitted()
    with pytest.raises(NotAllowed):
        store.review_listing("patrol", by=person(name), agreed=True, findings=CLEAN, now=NOW)


def test_nobody_reviews_what_they_submitted() -> None:
    from duokua.identity import facade as identity

    identity.ensure_post("head", "water", "steward", now=NOW)
    head = person("head")
    store.draft_listing("patrol", by=person("steward"), now=NOW, body=_body())
    store.submit_listing("patrol", by=head, now=NOW)
    store.review_listing("patrol", by=person("security"), agreed=True, findings=CLEAN, now=NOW)
    with pytest.raises(NotAllowed):
        store.review_listing("patrol", by=head, agreed=True, now=NOW)


def test_nobody_speaks_at_two_stages() -> None:
    from duokua.identity import facade as identity

    identity.ensure_post("security", "bureau", "bureau", now=NOW)
    both = person("security")
    _submitted()
    store.review_listing("patrol", by=both, agreed=True, findings=CLEAN, now=NOW)
    store.review_listing("patrol", by=person("head"), agreed=True, now=NOW)
    with pytest.raises(NotAllowed):
        store.review_listing("patrol", by=both, agreed=True, now=NOW)


def test_a_return_needs_words_and_goes_back_to_its_author() -> None:
    _submitted()
    with pytest.raises(Invalid):
        store.review_listing("patrol", by=person("security"), agreed=False, now=NOW)
    store.review_listing(
        "patrol", by=person("security"), agreed=False, comment="请补充条件", now=NOW
    )
    assert [m.body.zh for m in notify.inbox(person("steward"))] == ["请补充条件"]
    store.submit_listing("patrol", by=person("steward"), now=NOW)
    assert ListingVersion.objects.get(listing="patrol").state == "assessment"


def test_secrets_and_a_wrong_level_cannot_be_agreed_to() -> None:
    _submitted()
    for change in ({"state_secret": True}, {"level_right": False}, {"personal": False}):
        with pytest.raises(Invalid):
            store.review_listing(
                "patrol", by=person("security"), agreed=True, now=NOW,
                findings=dataclasses.replace(CLEAN, **change),
            )  # fmt: skip
    assert ListingVersion.objects.get(listing="patrol").state == "assessment"


def test_a_risky_audience_needs_a_reason_and_the_public_never_gets_personal_data() -> None:
    _submitted()
    risky = dataclasses.replace(CLEAN, audience=store.Audience.ENTERPRISES)
    with pytest.raises(Invalid) as told:
        store.review_listing("patrol", by=person("security"), agreed=True, findings=risky, now=NOW)
    assert [fault.where for fault in told.value.faults] == ["comment"]
    public = dataclasses.replace(CLEAN, audience=store.Audience.PUBLIC)
    with pytest.raises(Invalid):
        store.review_listing(
            "patrol", by=person("security"), agreed=True, comment="已脱敏", findings=public, now=NOW
        )
    store.review_listing(
        "patrol", by=person("security"), agreed=True, comment="已脱敏", findings=risky, now=NOW
    )


def test_a_change_is_reviewed_while_the_version_before_stays_on_show() -> None:
    _shown()
    version = store.change_listing("patrol", by=person("steward_2"), now=NOW)
    body = _body(title=Text("巡河台账", "Patrol log"))
    store.save_listing("patrol", body, revision=version.revision, by=person("steward_2"), now=NOW)
    store.submit_listing("patrol", by=person("steward_2"), now=NOW)
    for name in ("security", "head"):
        store.review_listing(
            "patrol", by=person(name), agreed=True, now=NOW,
            findings=CLEAN if name == "security" else None,
        )  # fmt: skip
        assert store.listing("patrol").title.en == "River patrols"
    store.review_listing("patrol", by=person("reviewer"), agreed=True, now=NOW)
    assert store.listing("patrol").title.en == "Patrol log"
    states = ListingVersion.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["superseded", "shown"]


def test_of_two_who_save_one_wins() -> None:
    store.draft_listing("patrol", by=person("steward"), now=NOW, body=_body())
    store.save_listing("patrol", _body(), revision=0, by=person("steward"), now=NOW)
    with pytest.raises(Conflict):
        store.save_listing("patrol", _body(), revision=0, by=person("steward_2"), now=NOW)


def test_only_stewards_of_the_owner_write() -> None:
    with pytest.raises(NotAllowed):
        store.draft_listing("patrol", by=person("stranger"), now=NOW)
    store.draft_listing("patrol", by=person("steward"), now=NOW)
    for act in (store.submit_listing, store.drop_listing, store.change_listing):
        with pytest.raises(NotAllowed):
            act("patrol", by=person("stranger"), now=NOW)


def test_a_withdrawal_is_announced_and_completes_when_the_notice_has_run() -> None:
    _shown()
    store.announce_withdrawal("patrol", reason="改由省级提供", by=person("steward"), now=NOW)
    told = store.listing("patrol")
    assert told.state == "notice"
    assert told.notice_until is not None
    assert store.complete_withdrawals(now=told.notice_until - timedelta(seconds=1)) == []
    assert store.complete_withdrawals(now=told.notice_until) == ["patrol"]
    assert store.complete_withdrawals(now=told.notice_until) == []
    assert store.listing("patrol").state == "withdrawn"


def test_a_withdrawn_listing_comes_back_through_the_whole_review() -> None:
    _shown()
    store.announce_withdrawal("patrol", reason="改版", by=person("head"), now=NOW)
    store.complete_withdrawals(now=NOW + timedelta(days=30))
    store.change_listing("patrol", by=person("steward"), now=NOW)
    store.submit_listing("patrol", by=person("steward"), now=NOW)
    store.review_listing("patrol", by=person("security"), agreed=True, findings=CLEAN, now=NOW)
    store.review_listing("patrol", by=person("head"), agreed=True, now=NOW)
    assert store.listing("patrol").state == "withdrawn"
    store.review_listing("patrol", by=person("reviewer"), agreed=True, now=NOW)
    told = store.listing("patrol")
    assert (told.state, told.reason, told.number) == ("published", "", 2)


def test_an_announced_withdrawal_can_be_taken_back() -> None:
    _shown()
    with pytest.raises(Invalid):
        store.announce_withdrawal(
            "patrol", reason="合并", successor="nothing", by=person("steward"), now=NOW
        )
    store.announce_withdrawal("patrol", reason="合并", by=person("steward"), now=NOW)
    store.keep_listing("patrol", by=person("head"), now=NOW)
    assert store.listing("patrol").state == "published"
    with pytest.raises(Conflict):
        store.keep_listing("patrol", by=person("head"), now=NOW)


def test_whoever_keeps_something_made_of_it_is_told(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    heard: list[str] = []

    def hear(sender: object, listing_id: str, **told: object) -> None:
        heard.append(listing_id)

    store.listing_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            _shown()
    finally:
        store.listing_changed.disconnect(hear)
    assert heard == ["patrol"]
    assert Listing.objects.get().state == "published"

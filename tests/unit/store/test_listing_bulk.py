"""Many listings taken over at once: the same rules, one record, none twice."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from duokua.audit import facade as audit
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.store import facade as store
from duokua.store.facade import TakenOver
from duokua.store.models import Listing, ListingReview
from unit.store.district import CLEAN, NOW, contract, settle

pytestmark = pytest.mark.django_db
NAMES = [f"patrol_{at}" for at in range(5)]


def _taken(name: str, **changes: object) -> TakenOver:
    body = dataclasses.replace(store.propose_listing(name), contact=Text("河长办", "River office"))
    return TakenOver(
        dataset=name, body=body, steward="steward", security="security", head="head",
        bureau="reviewer", findings=CLEAN, drafted_at=NOW - timedelta(days=9), shown_at=NOW,
        **changes,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle(*(contract(name) for name in NAMES))


def test_one_record_names_them_all_and_again_is_no_change() -> None:
    every = [_taken(name) for name in NAMES]
    assert store.publish_listings(every, by="setup", now=NOW) == NAMES
    assert store.publish_listings(every, by="setup", now=NOW) == []
    assert {store.listing(name).state for name in NAMES} == {"published"}
    found = audit.find(verb="listing.take_over")
    assert found[0].detail == {"listings": NAMES}
    assert found[0].by == "setup"
    stages = ListingReview.objects.filter(version__listing=NAMES[0]).order_by("id")
    assert list(stages.values_list("stage", "by")) == [
        ("assessment", "security"), ("consent", "head"), ("review", "reviewer"),
    ]  # fmt: skip


def test_the_rules_hold_for_each_and_one_fault_keeps_all_back() -> None:
    alone = dataclasses.replace(_taken(NAMES[1]), head="steward")
    loose = _taken(NAMES[2])
    loose = dataclasses.replace(loose, body=dataclasses.replace(loose.body, level="L1"))
    with pytest.raises(Invalid) as told:
        store.publish_listings([_taken(NAMES[0]), alone, loose], by="setup", now=NOW)
    assert [f.where for f in told.value.faults] == [f"{NAMES[1]}/people", f"{NAMES[2]}/level"]
    assert not Listing.objects.exists()

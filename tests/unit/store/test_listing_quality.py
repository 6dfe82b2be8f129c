"""The score of a listing, its reasons, the fix that helps most, and how often it is used."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.store import facade as store
from duokua.store.models import Listing
from duokua.store.values import sharing
from duokua.store.values.listing_quality import (
    WEIGHTS,
    Facts,
    judge,
    judged_from_json,
    judged_to_json,
)
from unit.store.district import NOW, contract, person, settle

BODY = sharing.proposed(contract())
FACTS = Facts(
    body=BODY, contract=contract(), age_h=1.0, rules=None, answered=0, asked=0,
    described=0, interfaces=0,
)  # fmt: skip

facts = st.builds(
    Facts,
    body=st.sampled_from([BODY, dataclasses.replace(BODY, cycle="irregular", keywords=())]),
    contract=st.just(contract()),
    age_h=st.none() | st.floats(0, 10_000),
    rules=st.none() | st.floats(0, 100),
    answered=st.integers(0, 5),
    asked=st.integers(5, 9) | st.just(0),
    described=st.integers(0, 3),
    interfaces=st.integers(3, 6) | st.just(0),
).filter(lambda f: f.answered <= f.asked and f.described <= f.interfaces)


@given(facts)
def test_a_score_is_a_share_and_its_best_fix_gains_most(told: Facts) -> None:
    judged = judge(told)
    assert judged.score is not None
    assert 0 <= judged.score <= 1
    if judged.best is None:
        assert judged.score == pytest.approx(1)
    else:
        weighed = sum(WEIGHTS[p.name] for p in judged.parts if p.share is not None)
        gains = [
            WEIGHTS[p.name] * (1 - p.share) / weighed for p in judged.parts if p.share is not None
        ]
        assert judged.gain == pytest.approx(max(gains), abs=1e-4)
        assert judged.fix is not None
        assert judged.fix.mend.zh
    assert judged_from_json(judged_to_json(judged)) == judged


@given(facts, st.floats(0, 100))
def test_answering_and_better_data_never_lower_it(told: Facts, rules: float) -> None:
    score = judge(told).score or 0
    if told.answered < told.asked:
        assert (judge(dataclasses.replace(told, answered=told.asked)).score or 0) >= score
    if told.rules is not None and rules >= told.rules:
        assert (judge(dataclasses.replace(told, rules=rules)).score or 0) >= score - 1e-4


def test_what_nobody_can_judge_is_left_out() -> None:
    judged = judge(dataclasses.replace(FACTS, body=dataclasses.replace(BODY, cycle="irregular")))
    unknown = {part.name for part in judged.parts if part.share is None}
    assert unknown == {"fresh", "rules", "answers"}


@pytest.mark.django_db
def test_it_is_kept_when_somebody_asks_and_answers() -> None:
    settle()
    store.draft_listing("patrol", by=person("steward"), now=NOW)
    Listing.objects.update(state="published", shown=1)
    number = store.ask_question("patrol", by=person("user"), text="是否含夜间巡河？", now=NOW)
    asked = Listing.objects.get()
    store.answer_question("patrol", number, by=person("steward"), text="含。", now=NOW)
    answered = Listing.objects.get()
    assert asked.quality is not None
    assert answered.quality is not None
    assert answered.quality > asked.quality
    parts = {part.name: part for part in judged_from_json(answered.judged).parts}
    assert parts["answers"].share == 1
    assert store.judge_listings(now=NOW + timedelta(days=40)) == 1
    assert parts["answers"].why == Text("1 个提问，0 个未答复", "1 asked, 0 open")

"""The match page: who may match whom, what is shown, and verdicts that stay."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

import personal_cells as writers
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lake.models_matching import MatchPair
from duokua.lake.proposal import propose

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
HEAD = "编号,姓名,身份证号,手机号\n"


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two datasets of two departments and their numbers: one conflict, one probable pair."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    rng = random.Random(12)
    ids = sorted({writers.resident(rng) for _ in range(12)})
    names = [
        f"王{each}{other}" for each, other in zip(writers.GIVEN, writers.SURNAMES, strict=False)
    ]
    phones = ["139" + writers.digits(rng, 8) for _ in ids]
    ours = [f"{at},{names[at]},{ids[at]},{phones[at]}" for at in range(len(ids))]
    theirs = [f"{at},{names[at]},{ids[at]},-" for at in range(9)]
    theirs += [f"9,李四,{ids[9]},-", f"10,{names[10]},-,{phones[10]}"]
    for name, owner, rows in (("m_worker", "dept_a", ours), ("m_visit", "dept_b", theirs)):
        path = tmp_path / f"{name}.csv"
        path.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
        found = propose(path, dataset=name, owner=owner)
        lake.register(found.yaml, by="x", now=clock.now())
        lake.ingest(name, path, by="x", now=clock.now())
    return ids


def test_match_review_and_match_again(sign_in: SignIn, numbers: list[str]) -> None:
    browser = sign_in("bureau_a", "en")
    place = "/store/datasets/m_worker/matches/"
    assert "Not matched yet" in browser.get(place).content.decode()
    assert browser.post(place, {"other": "m_visit"}).status_code == 302
    page = browser.get(place).content.decode()
    assert re.search(r"Exact 9\b", page) and re.search(r"Probable 1\b", page)
    assert re.search(r"In conflict 1\b", page)
    assert page.count("p1:") >= 3
    assert not any(number in page for number in numbers)
    assert "李四" not in page
    pair = MatchPair.objects.get(kind="conflict")
    said = {"other": "m_visit", "pair": pair.pk, "verdict": "different"}
    assert browser.post(place, said).status_code == 302
    assert browser.post(place, said).status_code == 422  # somebody has decided already
    assert browser.post(place, {"other": "m_visit"}).status_code == 302
    assert MatchPair.objects.get(pk=pair.pk).verdict == "different"
    assert MatchPair.objects.count() == 2
    assert "To be reviewed 1" in browser.get(place).content.decode()
    assert (
        "主体比对" in sign_in("auditor_c").get("/store/datasets/m_visit/matches/").content.decode()
    )


def test_a_steward_matches_within_the_own_department_only(
    sign_in: SignIn, numbers: list[str]
) -> None:
    browser = sign_in("steward_a")
    place = "/store/datasets/m_worker/matches/"
    assert "m_visit" not in browser.get(place).content.decode()
    assert browser.post(place, {"other": "m_visit"}).status_code == 403
    assert browser.get("/store/datasets/m_visit/matches/").status_code == 403
    assert sign_in("developer_b").get(place).status_code == 403
    sign_in("bureau_a").post(place, {"other": "m_visit"})
    page = browser.get(place).content.decode()
    assert "p1:" not in page  # counts, but no pairs with another department's people
    assert browser.post(place, {"other": "m_worker"}).status_code == 422


def test_what_is_no_verdict_or_no_pair_is_refused(sign_in: SignIn, numbers: list[str]) -> None:
    browser = sign_in("bureau_a")
    place = "/store/datasets/m_worker/matches/"
    browser.post(place, {"other": "m_visit"})
    pair = MatchPair.objects.first()
    assert pair is not None
    for said in (
        {"pair": str(pair.pk), "verdict": "perhaps"},
        {"pair": "999999", "verdict": "same"},
        {"pair": "x", "verdict": "same"},
    ):
        assert browser.post(place, {"other": "m_visit", **said}).status_code in (404, 422)
    assert MatchPair.objects.filter(verdict="open").count() == 2

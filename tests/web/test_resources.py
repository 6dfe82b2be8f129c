"""Resources in use: my department's side, the owner's, and what each may do there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from duokua.exchange import facade as exchange
from duokua.store.actions import provision
from duokua.store.models import Probe, Request, Use
from duokua.store.states.request import RequestState
from granted import CRANES, agreed, land
from people import LANGUAGES
from store_world import NOW, put_on_show, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Request]:
    """A grant of department a that department b uses."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path / "home"))
    contract = register("dept_a")
    put_on_show(contract)
    land(contract, tmp_path)
    row = agreed("crew_list", department="dept_b", by="developer_b", row_filter=CRANES)
    provision.start(row, by="steward_a", now=NOW)
    assert provision.carry_out(row.id, by="store", now=NOW) == RequestState.IN_USE
    return row


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("who", "mine", "ours"),
    [("developer_b", 200, 403), ("steward_a", 200, 200), ("bureau_a", 200, 200),
     ("auditor_c", 200, 200)],
)  # fmt: skip
def test_who_sees_it(
    used: Request,
    sign_in: Callable[..., Client],
    who: str,
    mine: int,
    ours: int,
    language: str,
) -> None:
    browser = sign_in(who, language)
    assert browser.get(f"/me/resources/{used.id}/").status_code == mine
    answer = browser.get(f"/store/resources/{used.id}/")
    assert answer.status_code == ours
    if ours == 200:
        page = answer.content.decode()
        assert "〔场景" not in page  # the scenario has a line of its own
        assert {"zh-hans": "通过", "en": "Passed"}[language] in page
        assert "trade = crane" in page


def test_strangers_find_nothing(used: Request, sign_in: Callable[..., Client]) -> None:
    from duokua.identity import facade as identity

    identity.ensure_person("steward_x", "a long password here", "x", "x", "dept_c", "steward")
    browser = sign_in("steward_x")
    for path in (f"/me/resources/{used.id}/", f"/store/resources/{used.id}/"):
        assert browser.get(path).status_code == 404
        act = browser.post(f"/store/resources/{used.id}/act/", {"act": "revoke", "reason": "x"})
        assert act.status_code == 404
    assert used.id not in browser.get("/store/resources/").content.decode()


def test_the_lists_and_their_exports(used: Request, sign_in: Callable[..., Client]) -> None:
    mine, ours = sign_in("developer_b", "en"), sign_in("steward_a", "en")
    assert f"/me/resources/{used.id}/" in mine.get("/me/resources/").content.decode()
    assert f"/store/resources/{used.id}/" in ours.get("/store/resources/").content.decode()
    assert used.id not in ours.get("/me/resources/").content.decode()
    assert used.id not in ours.get("/store/resources/?state=revoked").content.decode()
    assert used.id not in ours.get("/store/resources/?idle=1").content.decode()
    assert used.id in ours.get("/store/resources/?q=持证&department=dept_b").content.decode()
    told = json.loads(mine.get("/me/resources/?export=json").content)["resources"]
    assert [(one["request"], one["probe_passed"]) for one in told] == [(used.id, True)]
    assert used.id in ours.get("/store/resources/?export=csv").content.decode()


def test_the_owner_suspends_resumes_and_revokes(
    used: Request, sign_in: Callable[..., Client]
) -> None:
    browser, path = sign_in("steward_a"), f"/store/resources/{used.id}/act/"
    assert browser.post(path, {"act": "suspend", "reason": " "}).status_code == 422
    for act, state in (("suspend", "suspended"), ("resume", "in_use"), ("revoke", "revoked")):
        assert browser.post(path, {"act": act, "reason": "核对用途"}).status_code == 302
        used.refresh_from_db()
        probe = Probe.objects.filter(request=used).latest("id")
        assert (used.state, probe.passed) == (state, True), probe.checks
    assert browser.post(path, {"act": "suspend", "reason": "again"}).status_code == 409
    assert used.grant_id is not None
    assert exchange.grant(used.grant_id).state == "revoked"


def test_the_user_gives_back_and_the_owner_may_not(
    used: Request, sign_in: Callable[..., Client]
) -> None:
    path = f"/store/resources/{used.id}/act/"
    assert sign_in("steward_a").post(path, {"act": "give_back"}).status_code == 403
    assert sign_in("auditor_c").post(path, {"act": "revoke", "reason": "x"}).status_code == 403
    assert sign_in("developer_b").post(path, {"act": "revoke", "reason": "x"}).status_code == 403
    assert sign_in("developer_b").post(path, {"act": "give_back"}).status_code == 302
    used.refresh_from_db()
    assert used.state == RequestState.GIVEN_BACK


def test_what_the_bureau_suspended_the_owner_cannot_resume(
    used: Request, sign_in: Callable[..., Client]
) -> None:
    path = f"/store/resources/{used.id}/act/"
    from duokua.identity import facade as identity

    identity.ensure_person("bureau_x", "a long password here", "x", "x", "dept_c", "bureau")
    bureau = sign_in("bureau_x")
    assert bureau.post(path, {"act": "suspend", "reason": "抽查"}).status_code == 302
    assert sign_in("steward_a").post(path, {"act": "resume"}).status_code == 409
    assert bureau.post(path, {"act": "resume"}).status_code == 302


def test_keeping_what_is_idle(used: Request, sign_in: Callable[..., Client]) -> None:
    Use.objects.create(request=used, idle_since=NOW.date(), proposed_at=NOW)
    browser = sign_in("developer_b")
    assert 'value="keep"' in browser.get(f"/me/resources/{used.id}/").content.decode()
    path = f"/store/resources/{used.id}/act/"
    assert browser.post(path, {"act": "keep", "reason": ""}).status_code == 422
    assert browser.post(path, {"act": "keep", "reason": "每年一次"}).status_code == 302
    kept = Use.objects.get(request=used)
    assert (kept.kept_because, kept.proposed_at) == ("每年一次", None)


def test_a_program_is_registered_and_its_secret_shown_once(
    sign_in: Callable[..., Client],
) -> None:
    browser = sign_in("developer_b")
    page = browser.post("/me/clients/register/", {"title": "巡检终端"}).content.decode()
    (client,) = [one for one in exchange.clients_of("dept_b") if one.title == "巡检终端"]
    secret = page.split('id="secret"')[1].split(">")[1].split("<")[0]
    assert len(secret) > 30 and client.id in page
    assert secret not in browser.get("/me/clients/").content.decode()
    assert browser.post("/me/clients/register/", {"title": "巡检终端"}).status_code == 422
    assert browser.post("/me/clients/register/", {"title": " "}).status_code == 422


def test_the_page_of_the_request_tells_of_the_delivery(
    used: Request, sign_in: Callable[..., Client]
) -> None:
    page = sign_in("developer_b", "en").get(f"/store/requests/{used.id}/").content.decode()
    assert "Delivery and use" in page and "Probe passed" in page


def test_from_a_receipt_to_the_request_and_back(
    used: Request, sign_in: Callable[..., Client]
) -> None:
    """The probe's own calls left receipts; the auditor joins them to request, decisions and probe."""
    from duokua.portal.receipts import folder, index
    from duokua.serving import receipt_index

    receipt_index.catch_up(folder(), index())
    auditor = sign_in("auditor_c", "en")
    listed = auditor.get(f"/receipts/?request={used.id}").content.decode()
    assert "/receipts/r-1/" in listed and "Probe" in listed
    assert "/receipts/r-1/" not in auditor.get("/receipts/?request=nothing").content.decode()
    page = auditor.get("/receipts/r-1/").content.decode()
    assert f"/store/requests/{used.id}/" in page
    assert "政务窗口" in page and "Why it was allowed" in page and "Probe passed" in page
    export = auditor.get(f"/receipts/?request={used.id}&format=csv").content.decode()
    used.refresh_from_db()
    assert used.id in export and str(used.grant_id) in export


def test_probes_count_in_no_use(used: Request, sign_in: Callable[..., Client]) -> None:
    from datetime import date

    from duokua.portal.receipts import folder, index
    from duokua.serving import receipt_index, receipt_usage
    from duokua.serving.usage import Within

    receipt_index.catch_up(folder(), index())
    found = receipt_usage.by_grant(index(), Within(date(2020, 1, 1), date(2099, 1, 1)))
    assert found == []

"""The pages of asking: cart, wizard, lists, the page of a request, its files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from duokua.exchange import facade as exchange
from duokua.store.models import Request
from duokua.store.values.steps import WizardStep
from people import LANGUAGES
from store_world import NOW, put_on_show, register

Browser = Callable[..., Client]
WORDS = {
    "purpose": "持证核查",
    "explanation": "窗口办件时核对是否持证上岗",
    "scenario": "政务窗口",
    "without": "只能请当事人自行举证",
}
XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"


@pytest.fixture(autouse=True)
def resource(db: None) -> None:
    put_on_show(register("dept_a"), refused=("wage",))
    exchange.create_client(
        title="窗口", department="dept_b", by="developer_b", now=NOW, client_id="counter"
    )


def drafted(browser: Client) -> str:
    """Put the resource into the cart and draft its request, as a person would."""
    assert browser.post("/store/cart/add/", {"listing": "crew"}).status_code == 302
    answer = browser.post("/store/cart/")
    assert answer.status_code == 302
    return answer.headers["Location"].split("/")[3]


def send(browser: Client, request: str, step: str, expect: int = 302, **fields: object) -> Client:
    answer = browser.post(f"/store/requests/{request}/{step}/", fields)
    assert answer.status_code == expect, (step, answer.content.decode()[-4000:])
    return answer  # type: ignore[return-value]


def filled(browser: Client) -> str:
    """Walk through the whole wizard."""
    request = drafted(browser)
    send(browser, request, "product", question="fact", act="propose")
    send(browser, request, "product", question="fact", option="crew_check:verify", client="counter")
    send(browser, request, "purpose", **WORDS)
    send(browser, request, "basis", basis="安全生产法第三十条")
    send(browser, request, "fields", columns=["trade"])
    send(browser, request, "rows")
    send(browser, request, "period", valid_until="2027-05-01", quota_calls_per_day="500")
    send(browser, request, "duty", duty="on", disposal="不留存数据")
    return request


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_draft(sign_in: Browser, language: str) -> None:
    browser = sign_in("developer_b", language)
    request = drafted(browser)
    send(browser, request, "product", question="list", option="crew_list:masked", client="counter",
         more="需逐一通知全部人员，名单不可少", act="save")  # fmt: skip
    for step in WizardStep:
        answer = browser.get(f"/store/requests/{request}/{step}/")
        assert answer.status_code == 200, step
        assert 'class="wizard"' in answer.content.decode()
    assert browser.get(f"/store/requests/{request}/").status_code == 200
    assert browser.get("/store/requests/?group=drafts&q=班组&sort=due").status_code == 200
    assert browser.get("/store/cart/").status_code == 200


def test_through_the_wizard(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    page = browser.get(f"/store/requests/{request}/check/").content.decode()
    assert 'value="submit"' in page
    assert 'value="submit" disabled' not in page
    assert "安全生产法第三十条" in page
    body = Request.objects.get(id=request).body
    assert (body["columns"], body["quota"]["calls_per_day"]) == (["trade"], 500)

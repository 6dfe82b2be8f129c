"""The pages of asking: cart, wizard, lists, the page of a request, its files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from duokua.exchange import facade as exchange
from duokua.store.actions import attachment
from duokua.store.models import Attachment, Request
from duokua.store.states.request import RequestState
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


def send(browser: Client, request: str, step: str, expect: int = 302, **fields: Any) -> Any:
    answer = browser.post(f"/store/requests/{request}/{step}/", fields)
    assert answer.status_code == expect, (step, answer.content.decode()[-4000:])
    return answer


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


def test_what_was_filled_in_for_somebody_is_not_done_yet(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    page = browser.get(f"/store/requests/{request}/check/").content.decode()
    assert page.count('class="done"') == 7 and "已预填" not in page
    session = browser.session
    del session["wizard_looked"]  # as on another device, or in a copy
    session.save()
    page = browser.get(f"/store/requests/{request}/check/").content.decode()
    assert page.count('class="filled"') == 7 and page.count("已预填，请核对") == 7
    send(browser, request, "basis", basis="安全生产法第三十条")
    page = browser.get(f"/store/requests/{request}/check/").content.decode()
    assert page.count('class="filled"') == 6


def test_nobody_is_made_to_take_every_column(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    assert (
        browser.post("/store/cart/add/", {"listing": "crew", "product": "crew_list"}).status_code
        == 302
    )
    request = browser.post("/store/cart/").headers["Location"].split("/")[3]
    Request.objects.filter(id=request).update(interface="crew_list")
    rows = browser.get(f"/store/requests/{request}/fields/").context["rows"]
    assert {row.column.name for row in rows if row.chosen} == {
        row.column.name for row in rows if row.forced
    }
    assert len(rows) > sum(row.chosen for row in rows)


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


def test_no_payload_runs_on_any_page(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    words = dict.fromkeys(WORDS, XSS)
    send(browser, request, "purpose", **words)
    send(browser, request, "basis", basis=XSS)
    send(browser, request, "duty", duty="on", disposal=XSS)
    send(browser, request, "product", question="fact", option="crew_check:verify", more=XSS,
         client="counter", act="save")  # fmt: skip
    told = {**dict.fromkeys(("question", "option", "client"), XSS), "act": "propose"}
    pages = [browser.post(f"/store/requests/{request}/product/", told)]
    line = {"where_column_1": "site", "where_op_1": "eq", "where_value_1": XSS, "act": "save"}
    pages.append(browser.post(f"/store/requests/{request}/rows/", line, follow=True))
    send(browser, request, "product", question="fact", option="crew_check:verify",
         client="counter", new_client=XSS[:58], act="save")  # fmt: skip
    period = {name: XSS for name in ("valid_from", "valid_until", "row_cap", "quota_calls_per_day")}
    pages.append(browser.post(f"/store/requests/{request}/period/", period))
    pages += [browser.get(f"/store/requests/{request}/{step}/") for step in WizardStep]
    pages += [browser.get(f"/store/requests/{request}/"), browser.get("/store/requests/")]
    pages.append(browser.get("/store/requests/", {"q": XSS, "sort": XSS, "after": XSS}))
    for page in pages:
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_formula_in_a_purpose_is_a_text_in_the_file(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    send(browser, request, "purpose", **{**WORDS, "purpose": "=HYPERLINK(1)"})
    assert "'=HYPERLINK(1)" in browser.get("/store/requests/?export=csv").content.decode()
    told = json.loads(browser.get("/store/requests/?export=json").content)
    assert told["requests"][0]["purpose"] == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("person", "status"),
    [("steward_a", 404), ("bureau_a", 404), ("auditor_c", 404), ("developer_b", 200)],
)
def test_a_draft_is_absent_for_all_but_its_applicant(
    sign_in: Browser, person: str, status: int
) -> None:
    request = filled(sign_in("developer_b"))
    assert sign_in(person).get(f"/store/requests/{request}/").status_code == status
    forbidden = 403 if person == "auditor_c" else status
    for step in WizardStep:
        answer = sign_in(person).get(f"/store/requests/{request}/{step}/")
        assert answer.status_code == forbidden, step


@pytest.mark.parametrize("person", ["steward_a", "bureau_a", "auditor_c", "developer_b"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_submitted_one_is_shown_to_its_parties(
    sign_in: Browser, person: str, language: str
) -> None:
    request = filled(sign_in("developer_b"))
    Request.objects.filter(id=request).update(state=RequestState.DECIDING, submitted_at=NOW)
    page = sign_in(person, language).get(f"/store/requests/{request}/")
    assert page.status_code == 200
    assert ("withdraw" in page.content.decode()) == (person == "developer_b")
    other = sign_in(person, language).post(f"/store/requests/{request}/act/", {"act": "withdraw"})
    if person == "developer_b":
        assert other.status_code == 302
    else:
        assert other.status_code == 403
    left = Request.objects.get(id=request).state
    assert left == (RequestState.WITHDRAWN if person == "developer_b" else RequestState.DECIDING)


def test_what_was_decided_meanwhile_is_told(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    Request.objects.filter(id=request).update(state=RequestState.REFUSED, submitted_at=NOW)
    answer = browser.post(f"/store/requests/{request}/act/", {"act": "withdraw"})
    assert answer.status_code == 409
    assert "不能这样办理" in answer.content.decode()
    again = browser.post(f"/store/requests/{request}/act/", {"act": "copy"})
    assert again.status_code == 302
    assert Request.objects.filter(state=RequestState.DRAFT).count() == 1


def docx(name: str = "word/document.xml") -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as file:
        file.writestr("[Content_Types].xml", "<x/>")
        file.writestr(name, "<x/>")
    return box.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("依据.pdf", b"%PDF-1.7 ...", "依据.pdf"),
        ("../../etc/passwd.pdf", b"%PDF-1.7", "passwd.pdf"),
        ("C:\\temp\\a.png", b"\x89PNG\r\n\x1a\n", "a.png"),
        ("说明.docx", docx(), "说明.docx"),
        ("表.csv", "编号,名称\n1,甲".encode("gb18030"), "表.csv"),
        ("macro.docx", docx("word/vbaProject.bin"), None),
        ("any.zip", docx("a.txt"), None),
        ("renamed.docx", docx("a.txt"), None),
        ("page.txt", b"<html><script>alert(1)</script>", None),
        ("page.html", b"<html>", None),
        ("pic.svg", b"<svg onload=alert(1)>", None),
        ("run.exe", b"MZ\x90", None),
        ("run.pdf", b"MZ\x90", None),
        ("none", b"%PDF-1.7", None),
        ("broken.docx", b"PK\x03\x04" + b"\xff" * 500, None),
        ("empty.pdf", b"", None),
    ],
)
def test_what_may_be_attached(
    sign_in: Browser, name: str, content: bytes, kept: str | None
) -> None:
    browser = sign_in("developer_b")
    request = drafted(browser)
    file = SimpleUploadedFile(name, content)
    file.name = name  # as a hostile client sends it, not as Django's own would
    answer = browser.post(
        f"/store/requests/{request}/duty/", {"act": "attach", "files": file, "disposal": ""}
    )
    names = list(Attachment.objects.values_list("name", flat=True))
    assert names == ([kept] if kept else [])
    assert answer.status_code == (302 if kept else 422)
    lying = [path for path in attachment.folder().rglob("*") if path.is_file()]
    assert not [path for path in lying if path.name.startswith(".")]


def test_a_file_too_large_and_one_too_many(
    sign_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment, "MOST_BYTES", 1000)
    browser = sign_in("developer_b")
    request = drafted(browser)

    def attach(content: bytes) -> int:
        file = SimpleUploadedFile("a.pdf", content)
        sent = {"act": "attach", "files": file}
        return browser.post(f"/store/requests/{request}/duty/", sent).status_code

    assert attach(b"%PDF-" + b"x" * 1000) == 422
    for at in range(attachment.MOST_FILES):
        assert attach(b"%PDF-" + bytes([65 + at])) == 302
    assert attach(b"%PDF-more") == 422
    assert Attachment.objects.count() == attachment.MOST_FILES


def test_a_file_is_saved_never_shown_and_only_for_its_parties(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    file = SimpleUploadedFile("依据 甲.pdf", b"%PDF-1.7 hello")
    send(browser, request, "duty", act="attach", files=file, duty="on", disposal="不留存数据")
    found = Attachment.objects.get()
    path = reverse("request_attachment", args=[request, found.id])
    answer = browser.get(path)
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 hello"  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    assert sign_in("steward_a").get(path).status_code == 404
    Request.objects.filter(id=request).update(state=RequestState.DECIDING, submitted_at=NOW)
    other = sign_in("steward_a").get(path)
    assert other.status_code == 200
    other.close()
    for odd in ("0", "99999", "x", "9" * 40, "-1"):
        assert browser.get(reverse("request_attachment", args=[request, odd])).status_code == 404
    assert send(browser, request, "duty", 409, act=f"remove_{found.id}") is not None


def test_a_removed_file_leaves_nothing_behind(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = drafted(browser)
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.7 to be removed")
    send(browser, request, "duty", act="attach", files=file)
    found = Attachment.objects.get()
    assert attachment.place(found.sha256).exists()
    send(browser, request, "duty", act=f"remove_{found.id}")
    assert not attachment.place(found.sha256).exists()
    assert not Attachment.objects.exists()


def test_a_cart_holds_what_is_on_offer(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    assert browser.post("/store/cart/add/", {"listing": "nowhere"}).status_code == 404
    assert browser.get("/store/cart/add/").status_code == 405
    assert browser.post("/store/cart/").status_code == 422
    answer = browser.post("/store/cart/add/", {"listing": "crew", "product": "air_now"})
    assert answer.status_code in (400, 422)
    browser.post("/store/cart/add/", {"listing": "crew", "product": "crew_list"})
    assert 'value="crew_list" selected' in browser.get("/store/cart/").content.decode()
    browser.post("/store/cart/remove/", {"listing": "crew"})
    assert "crew_list" not in browser.get("/store/cart/").content.decode()
    asked = browser.post("/store/cart/add/", {"listing": "crew", "act": "ask"})
    assert asked.headers["Location"].endswith("/product/")


def test_the_made_up_answer_is_shown_masked(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = drafted(browser)
    send(browser, request, "product", question="list", option="crew_list:masked", client="counter",
         more="需逐一通知全部人员，名单不可少")  # fmt: skip
    page = send(browser, request, "fields", 200, act="preview",
                columns=["crew_no", "site", "trade", "name", "phone"]).content.decode()  # fmt: skip
    assert "138****" in page
    assert "1380000" not in page


def test_a_row_filter_takes_codes_by_title_and_says_which_there_are(sign_in: Browser) -> None:
    browser = sign_in("developer_b")
    request = filled(browser)
    line = {"where_column_1": "trade", "where_op_1": "eq", "act": "save"}
    page = browser.post(f"/store/requests/{request}/rows/", {**line, "where_value_1": "塔司"})
    text = page.content.decode()
    assert page.status_code == 422
    assert "没有“塔司”" in text
    assert "塔吊（crane）" in text
    send(browser, request, "rows", **{**line, "where_value_1": "塔吊"})
    text = browser.get(f"/store/requests/{request}/").content.decode()
    assert "塔吊 (crane)" in text

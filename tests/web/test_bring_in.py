"""The wizard: a steward's file becomes a contract and a dataset; nobody else's business."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import personal_cells as writers
from duokua.lake import facade as lake

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def upload(rows: int = 30) -> SimpleUploadedFile:
    rng = random.Random(6)
    lines = [
        f"T{at:03},{writers.name(rng)},{rng.choice('男女')},{20 + at % 30}" for at in range(rows)
    ]
    lines[3] = lines[3].rsplit(",", 1)[0] + ",约三十"
    text = "编号,姓名,性别,年龄\n" + "\n".join(lines) + "\n"
    return SimpleUploadedFile("塔吊司机.csv", text.encode("gb18030"), "text/csv")


def begun(browser: Client) -> str:
    answer = browser.post("/store/bring-in/", {"file": upload()})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def fields(page: str) -> dict[str, str]:
    """Read the form as a browser would send it."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r' name="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = value[1] if value else "on" if "checkbox" in tag else ""
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', body)
        found[name] = (chosen[1] if chosen[1] is not None else chosen[2]) if chosen else ""
    return found


def test_from_file_to_dataset(sign_in: SignIn) -> None:
    browser = sign_in("steward_a")
    place = begun(browser)
    page = browser.get(place).content.decode()
    form = fields(page)
    assert (form["kind_1"], form["key_1"], form["personal_2"]) == ("string", "on", "name")
    assert (form["kind_4"], form["codes_3"], form["level_2"]) == ("integer", "on", "L3")
    assert "约三十" in page
    form |= {"dataset": "crane_driver", "title_en": "Crane drivers", "name_1": "driver_id"}
    done = browser.post(place, {**form, "act": "accept"})
    assert done["Location"] == "/store/datasets/crane_driver/", done.content.decode()
    info = lake.describe("crane_driver")
    assert (info.rows, info.owner, info.contract.key) == (29, "dept_a", ("driver_id",))
    assert info.contract.by_name["driver_id"].source_name == "编号"
    assert browser.get(place).status_code == 404  # the draft has done its work


def test_looking_again_tells_what_a_change_breaks(sign_in: SignIn) -> None:
    browser = sign_in("steward_a", "en")
    place = begun(browser)
    form = fields(browser.get(place).content.decode())
    assert "1 row would stand aside" in browser.get(place).content.decode()
    assert browser.post(place, {**form, "kind_2": "integer", "act": "check"}).status_code == 302
    page = browser.get(place).content.decode()
    assert "30 rows would stand aside" in page
    refused = browser.post(place, {**fields(page), "act": "accept"})
    assert (refused.status_code, "no row would land" in refused.content.decode()) == (422, True)
    name = re.search(r"T000,(\S+?),", upload().read().decode("gb18030"))
    assert name and name[1] not in page  # a personal value is not shown even to its steward


def test_a_wrong_contract_is_told_and_what_was_typed_stays(sign_in: SignIn) -> None:
    browser = sign_in("steward_a", "en")
    place = begun(browser)
    form = fields(browser.get(place).content.decode())
    wrong = browser.post(place, {**form, "name_1": "NO", "name_2": "age2", "act": "check"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "is no word" in page
    assert 'value="age2"' in page
    form.pop("key_1")
    assert "there is no key" in browser.post(place, form).content.decode()


def test_a_taken_name_is_refused(sign_in: SignIn) -> None:
    browser = sign_in("steward_a", "en")
    place = begun(browser)
    form = fields(browser.get(place).content.decode())
    taken = browser.post(place, {**form, "dataset": "air", "title_en": "x", "act": "accept"})
    assert (taken.status_code, "exists already" in taken.content.decode()) == (422, True)
    assert lake.describe("air").owner == "dept_b"


def test_an_unreadable_file_is_told(sign_in: SignIn) -> None:
    file = SimpleUploadedFile("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    answer = sign_in("steward_a").post("/store/bring-in/", {"file": file})
    assert (answer.status_code, "旧版 Excel" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("name", ["developer_b", "bureau_a", "auditor_c"])
def test_only_stewards_bring_files_in(sign_in: SignIn, name: str) -> None:
    assert sign_in(name).get("/store/bring-in/").status_code == 403


def test_a_draft_is_its_makers_only(sign_in: SignIn) -> None:
    from duokua.identity import facade as identity

    place = begun(sign_in("steward_a"))
    identity.ensure_person("steward_b", "correct horse battery", "乙", "B", "dept_b", "steward")
    assert sign_in("steward_b").get(place).status_code == 404
    assert Client().get(place).status_code == 302
    assert sign_in("steward_a").get("/store/bring-in/draft-x/").status_code == 404


@pytest.mark.parametrize("name", ["draft.json", "draft.json.new", ".hidden", "..."])
def test_a_file_may_be_called_anything(sign_in: SignIn, name: str) -> None:
    browser = sign_in("steward_a")
    text = '[{"number": "A1", "height": 3}, {"number": "A2", "height": 4}]'
    file = SimpleUploadedFile(name, text.encode(), "application/json")
    place = str(browser.post("/store/bring-in/", {"file": file})["Location"])
    form = fields(browser.get(place).content.decode())
    form |= {"dataset": "odd_name", "title_en": "Odd name"}
    done = browser.post(place, {**form, "act": "accept"})
    assert done["Location"] == "/store/datasets/odd_name/", done.content.decode()
    assert lake.describe("odd_name").rows == 2


def test_an_acceptance_that_was_cut_short_goes_on(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in("steward_a")
    place = begun(browser)
    form = fields(browser.get(place).content.decode())
    form |= {"dataset": "cut_short", "title_en": "Cut short", "act": "accept"}

    def killed(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(lake, "ingest", killed)
        browser.post(place, form)
    assert lake.batches("cut_short") == []
    done = browser.post(place, form)
    assert done["Location"] == "/store/datasets/cut_short/", done.content.decode()
    assert lake.describe("cut_short").rows == 29

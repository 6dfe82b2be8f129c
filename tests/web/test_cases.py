"""The workbench: whose cases stand on a desk, a case from its alert to its end, batches, phones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from PIL import Image

import loop_world as world
from duokua.kernel import clock
from duokua.lang.scenario.level import Level
from duokua.loop.actions import cases as acts
from duokua.loop.models import Case, Evidence, SavedView, Task

Door = Callable[..., Client]


@pytest.fixture
def doors(db: None) -> Door:
    """Return signed-in browsers of the people of the small scenario."""
    from django.contrib.auth import get_user_model

    world.settle()

    def browser(name: str, language: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        client.cookies["duokua_language"] = language
        return client

    return browser


def opened(subject: str = '["S1"]', level: Level = Level.RED, rule: str = "danger") -> Case:
    """Open a case as a run of rules does."""
    now = clock.now()
    acts.follow([world.found(subject, level, rule=rule, now=now)], pack=world.PACK, now=now)
    return world.case_of(subject, rule)


def task_of(case: Case, play: str = "fix") -> Task:
    return Task.objects.get(case=case, play=play)


def act(browser: Client, case: Case, verb: str, task: Task | None = None, **more: str) -> Any:
    case.refresh_from_db()
    if task is not None:
        task.refresh_from_db()
    told = {"verb": verb, "task": str(task.id) if task else "", **more}
    told.setdefault("revision", str(task.revision if task else case.revision))
    return browser.post(f"/cases/{case.number}/act/", told)


def photo(colour: str = "red") -> io.BytesIO:
    body = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(body, "JPEG")
    body.seek(0)
    body.name = "site.jpg"
    return body


def test_a_case_goes_from_its_alert_to_its_end(
    doors: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from duokua.loop.facade import acting

    monkeypatch.setattr(acting, "_ask", world.answers(Level.NONE))
    case = opened()
    task, fixer, owner = task_of(case), doors("fixer"), doors("owner")
    assert "S1" in fixer.get("/cases/?scope=team").content.decode()
    for verb in ("claim", "accept", "control"):
        assert act(fixer, case, verb, task).status_code == 302, verb
    assert "S1" in fixer.get("/cases/").content.decode()
    refused = act(fixer, case, "dispose", task)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert "缺少证据：现场照片（0/1）" in refused.content.decode()
    given = {"task": task.id, "ask": "photo", "file": photo()}
    assert fixer.post(f"/cases/{case.number}/evidence/", given).status_code == 302
    piece = Evidence.objects.get(case=case)
    page = fixer.get(f"/cases/{case.number}/").content.decode()
    assert f"/cases/{case.number}/evidence/{piece.id}/small/" in page
    small = fixer.get(f"/cases/{case.number}/evidence/{piece.id}/small/")
    assert small.headers["Content-Type"].startswith("image/")
    assert act(fixer, case, "dispose", task, text="已整改").status_code == 302
    assert case.number in owner.get("/cases/?scope=verify").content.decode()
    assert act(owner, case, "verify", text="现场复核").status_code == 302
    assert act(owner, case, "close").status_code == 302
    case.refresh_from_db()
    assert case.state == "closed"
    document = owner.get(f"/cases/{case.number}/dossier.pdf")
    assert document.content.startswith(b"%PDF-")
    assert b"/Image" in document.content


def test_who_comes_second_is_told_by_whom_it_was_changed(doors: Door) -> None:
    case = opened()
    task = task_of(case)
    seen = str(task.revision)
    assert act(doors("fixer"), case, "accept", task).status_code == 302
    answer = act(doors("fixer_2"), case, "accept", task, revision=seen, text="x" * 10)
    assert answer.status_code == 409
    assert "fixer" in answer.content.decode().split('role="alert"')[1][:400]


@pytest.mark.parametrize("name", ["stranger", "stranger_head", "steward"])
def test_others_do_not_know_of_it(doors: Door, name: str) -> None:
    case, browser = opened(), doors(name)
    absent = browser.get("/cases/NONE-20260506-1/")
    for path in ("", "live/", "dossier.pdf", "evidence/ev-1/", "evidence/ev-1/small/"):
        assert browser.get(f"/cases/{case.number}/{path}").status_code == 404, path
    assert act(browser, case, "accept", task_of(case)).status_code == 404
    assert absent.status_code == 404
    assert case.number not in browser.get("/cases/?scope=all").content.decode()


def test_several_are_claimed_at_once_and_what_is_refused_is_told(doors: Door) -> None:
    cases = [opened(f'["S{n}"]') for n in range(3)]
    act(doors("fixer_2"), cases[0], "accept", task_of(cases[0]))
    picked = [
        f"{each.number}|{task_of(each).id}|{task_of(each).revision}|{each.revision}"
        for each in cases
    ]
    browser = doors("fixer")
    answer = browser.post("/cases/", {"verb": "claim", "case": picked}, follow=True)
    page = answer.content.decode()
    assert "data-done" in page
    claimed = Task.objects.filter(claimed_by="fixer").count()
    assert claimed == 2
    assert cases[0].number in page.split("data-done")[1].split("</section>")[0]
    assert "data-done" not in browser.get("/cases/").content.decode()


def test_a_batch_takes_no_verb_that_needs_words(doors: Door) -> None:
    case = opened()
    pick = f"{case.number}|||{case.revision}"
    for verb in ("false_alarm", "close", "merge", "nonsense"):
        doors("chief").post("/cases/", {"verb": verb, "case": [pick]})
        doors("chief").post("/cases/", {"one": f"{verb}|{pick}"})
    case.refresh_from_db()
    assert case.state == "dispatched"


def test_filters_paging_and_the_file(doors: Door) -> None:
    for n in range(30):
        opened(f'["P{n:02}"]', Level.YELLOW if n % 2 else Level.RED)
    browser = doors("chief", "en")
    first = browser.get("/cases/?scope=all")
    assert len(first.context["rows"]) == 25
    second = browser.get(f"/cases/?scope=all&after={first.context['page'].next}")
    seen = {row.number for row in (*first.context["rows"], *second.context["rows"])}
    assert len(seen) == 30
    reds = browser.get("/cases/?scope=all&level=red").context["rows"]
    assert {row.level for row in reds} == {Level.RED}
    lines = browser.get("/cases/?scope=all&export=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 31
    assert browser.get("/cases/?scope=all&after=nonsense&sort=nonsense").status_code == 200


def test_what_waits_instead_fits_the_filter_too(doors: Door) -> None:
    number, browser = opened().number, doors("fixer")
    assert number in browser.get("/cases/").content.decode()  # nobody has claimed it
    page = browser.get("/cases/?pack=other").content.decode()
    assert number not in page
    assert "scope=all" in page.split("在全部事件中查找")[0].rsplit("<a", 1)[1]
    assert number in browser.get("/cases/?level=red").content.decode()
    assert number not in browser.get("/cases/?level=blue").content.decode()


def test_a_verification_that_fails_says_so(doors: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from duokua.loop.facade import acting

    monkeypatch.setattr(acting, "_ask", world.answers(Level.RED))
    case = opened()
    task, fixer, owner = task_of(case), doors("fixer"), doors("owner")
    for verb in ("accept", "control"):
        assert act(fixer, case, verb, task).status_code == 302
    given = {"task": task.id, "ask": "photo", "file": photo()}
    assert fixer.post(f"/cases/{case.number}/evidence/", given).status_code == 302
    assert act(fixer, case, "dispose", task, text="已整改").status_code == 302
    assert act(owner, case, "verify", text="核对").status_code == 302
    page = owner.get(f"/cases/{case.number}/").content.decode()
    assert "核查未通过" in page
    assert "已完成" not in page.split("核查未通过")[0].rsplit("<main", 1)[-1]


def test_a_desk_that_shows_the_newest_is_not_sent_again(doors: Door) -> None:
    opened()
    browser = doors("chief")
    seen = browser.get("/cases/").context["seen"]
    quiet = {"HTTP_X_SEEN": seen, "HTTP_X_QUIET": "1"}
    assert browser.get("/cases/", **quiet).status_code in (200, 204)  # 200: a minute went by
    opened('["S9"]')
    answer = browser.get("/cases/", **quiet)
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith('<div id="desk"')


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(doors: Door) -> None:
    browser = doors("chief")
    browser.get("/cases/")
    session = browser.session
    then = int(session["seen"]) - 600
    session["seen"] = then
    session.save()
    browser.get("/cases/", HTTP_X_QUIET="1")
    assert browser.session["seen"] == then
    browser.get("/cases/")
    assert browser.session["seen"] > then


def test_a_case_tells_that_it_went_on(doors: Door) -> None:
    case = opened()
    browser = doors("chief")
    mark = browser.get(f"/cases/{case.number}/").context["mark"]
    assert browser.get(f"/cases/{case.number}/live/?seen={mark}").status_code == 204
    act(doors("fixer"), case, "accept", task_of(case))
    assert "某fixer" in browser.get(f"/cases/{case.number}/live/?seen={mark}").content.decode()


def test_views_are_kept_and_forgotten_by_their_owner(doors: Door) -> None:
    browser = doors("chief")
    told = {"name": " 红色  超时 ", "query": "?scope=all&level=red&after=zzz&evil=1"}
    assert browser.post("/cases/views/", told).headers["Location"].endswith(
        "scope=all&level=red"
    ) or (SavedView.objects.get().query == "level=red&scope=all")
    row = SavedView.objects.get(owner="chief")
    assert "evil" not in row.query and "after" not in row.query
    assert row.name == "红色 超时"
    assert doors("fixer").post(f"/cases/views/{row.id}/").status_code == 404
    assert browser.post("/cases/views/", {"name": "  ", "query": ""}).status_code == 422
    assert browser.post(f"/cases/views/{row.id}/").status_code == 302
    assert not SavedView.objects.exists()


def test_what_a_phone_sends_twice_is_done_once(doors: Door) -> None:
    case = opened()
    task, browser = task_of(case), doors("fixer")
    assert browser.get("/cases/sending/").json()["person"] == "fixer"
    told = {"key": "k-12345678", "number": case.number, "person": "fixer", "verb": "accept",
            "task": str(task.id), "revision": str(task.revision)}  # fmt: skip
    first = browser.post("/cases/sending/", told)
    assert first.status_code == 200
    again = browser.post("/cases/sending/", told)
    assert (again.status_code, again.json()) == (200, first.json())
    give = {"key": "k-22345678", "number": case.number, "person": "fixer", "task": str(task.id),
            "ask": "photo", "taken_at": "2026-05-06T01:00:00Z", "lon": "120.2", "lat": "30.2"}  # fmt: skip
    for _ in range(2):
        assert browser.post("/cases/sending/", {**give, "file": photo()}).status_code == 200
    piece = Evidence.objects.get(case=case)
    assert (piece.lon, piece.lat) == (120.2, 30.2)


def test_what_a_phone_sends_too_late_is_told_and_may_be_sent_again(doors: Door) -> None:
    case = opened()
    task = task_of(case)
    told = {"key": "k-32345678", "number": case.number, "person": "fixer", "verb": "accept",
            "task": str(task.id), "revision": str(task.revision)}  # fmt: skip
    act(doors("fixer_2"), case, "accept", task)
    answer = doors("fixer").post("/cases/sending/", told)
    assert answer.status_code == 409
    assert "fixer_2" in answer.json()["what"]
    other = doors("fixer_2").post("/cases/sending/", told)
    assert other.status_code == 409
    assert "登录" in other.json()["what"]
    for wrong in ({**told, "verb": "close"}, {**told, "key": "§"}):
        assert doors("fixer").post("/cases/sending/", wrong).status_code == 422
    absent = {**told, "number": "NONE"}
    assert doors("fixer").post("/cases/sending/", absent).status_code == 404


def test_the_phone_keeps_nothing_of_anybody(db: None, client: Client) -> None:
    page = client.get("/cases/offline/")
    assert page.status_code == 200
    assert 'data-person=""' in page.content.decode()  # the worker asks for it without cookies
    assert 'credentials: "omit"' in client.get("/cases/offline.js").content.decode()
    script = client.get("/cases/offline.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "/static/" in script.content.decode()


def test_only_who_has_the_task_has_it_noted_on_the_phone(doors: Door) -> None:
    case = opened()
    act(doors("fixer"), case, "accept", task_of(case))
    noted = doors("fixer").get(f"/cases/{case.number}/").content.decode()
    assert json.dumps(case.number) in noted.split('id="case-note"')[1].split("</script>")[0]
    assert 'id="case-note"' not in doors("chief").get(f"/cases/{case.number}/").content.decode()


def test_the_board_of_the_command(doors: Door) -> None:
    opened()
    opened('["F1"]', rule="flood")
    answer = doors("chief", "en").get("/cases/board/")
    assert answer.context["board"].open == 2
    assert "works bureau" in answer.content.decode()
    part = doors("chief").get("/cases/board/", HTTP_X_QUIET="1").content.decode()
    assert part.lstrip().startswith('<div id="board"')
    assert doors("steward").get("/cases/board/").status_code == 403


def test_a_joint_case_shows_each_departments_part(doors: Door) -> None:
    case = opened('["F1"]', rule="flood")
    page = doors("helper").get(f"/cases/{case.number}/").content.decode()
    for name in ("works局", "water局", "sport局"):
        assert name in page.split('tasks">')[1]
    assert 'name="verb" value="accept"' in page or "do-accept-" in page

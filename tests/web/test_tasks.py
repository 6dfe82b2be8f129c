"""The page of background tasks: each steward sees the tasks of the own department's datasets only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from duokua.jobs import facade as jobs
from duokua.jobs import lease
from duokua.jobs.values import JobError
from duokua.kernel import clock
from duokua.kernel.text import Text
from web.test_pages import CHINESE, Words

Browser = Callable[..., Client]


@pytest.fixture(autouse=True)
def tasks(db: None) -> None:
    """A failed task of the workers, a running one of the air, and one of no known dataset."""
    now = clock.now()
    for name in ("worker", "air", "gone"):
        jobs.enqueue("lake.quality", {"dataset": name}, by="test", now=now, priority=len(name))
    error = JobError("invalid", Text("错了", "it is wrong"), Text("改", "mend it"))
    failed = lease.claim("w", kinds=("lake.quality",), lease_s=60, now=now)
    assert failed is not None and failed.payload == {"dataset": "worker"}
    assert lease.fail(failed, error, passing=False, now=now)
    for _ in range(2):
        job = lease.claim("w", kinds=("lake.quality",), lease_s=60, now=now)
        assert job is not None
        assert lease.beat(job, lease_s=60, done=1234, total=5678, now=now)


def read(browser: Client, query: str = "") -> str:
    """Return the page."""
    answer = browser.get(f"/tasks/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_reviewer_sees_all_with_progress_and_reason(sign_in: Browser) -> None:
    page = read(sign_in("bureau_a", "en"))
    assert "it is wrong → mend it" in page
    assert "1,234 / 5,678" in page and "21 %" in page
    assert "gone" not in page  # of a dataset that nobody may know


def test_a_steward_sees_the_own_departments(sign_in: Browser) -> None:
    page = read(sign_in("steward_a", "en"))
    assert "/store/datasets/worker/" in page
    assert "/store/datasets/air/" not in page


def test_tasks_are_filtered_by_state(sign_in: Browser) -> None:
    page = read(sign_in("bureau_a"), "?state=running")
    assert "/store/datasets/air/" in page and "/store/datasets/worker/" not in page
    assert "执行中" in page


def test_an_english_page_holds_no_chinese(sign_in: Browser) -> None:
    reader = Words()
    reader.feed(read(sign_in("auditor_c", "en")))
    assert [text for text in reader.found if CHINESE.search(text)] == []


def test_a_stranger_is_led_to_the_door(client: Client) -> None:
    assert client.get("/tasks/").headers["Location"].startswith("/sign-in/?next=")


def test_a_developer_does_not_see_them(sign_in: Browser) -> None:
    assert sign_in("developer_b").get("/tasks/").status_code == 403


def _act(browser: Client, verb: str, dataset: str) -> int:
    job = next(each for each in jobs.jobs() if each.payload["dataset"] == dataset)
    return browser.post(f"/tasks/{job.id}/", {"verb": verb}).status_code


def _state(dataset: str) -> str:
    return str(next(each for each in jobs.jobs() if each.payload["dataset"] == dataset).state)


def test_a_failed_task_is_retried_and_a_running_one_cancelled(sign_in: Browser) -> None:
    browser = sign_in("bureau_a")
    assert 'value="retry"' in read(browser)
    assert _act(browser, "retry", "worker") == 302
    assert _state("worker") == "waiting"
    assert _act(browser, "cancel", "air") == 302
    assert _state("air") == "cancelled"


def test_what_cannot_be_done_is_said_and_changes_nothing(sign_in: Browser) -> None:
    browser = sign_in("bureau_a")
    assert _act(browser, "retry", "air") == 409  # it runs
    assert _act(browser, "delete", "air") == 403
    assert browser.get("/tasks/1/").status_code == 405
    assert _state("air") == "running"


def test_nobody_acts_on_tasks_of_others(sign_in: Browser) -> None:
    assert _act(sign_in("steward_a"), "cancel", "air") == 404
    assert _act(sign_in("auditor_c"), "cancel", "air") == 403
    assert 'value="cancel"' not in read(sign_in("auditor_c"))
    assert _state("air") == "running"

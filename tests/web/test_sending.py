"""A further file of a dataset: sent by its steward, brought in by a worker, told what became of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from duokua.jobs import facade as jobs
from duokua.jobs import lease
from duokua.jobs.worker import Held, run
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lake import places, sending
from web.test_pages import CHINESE, Words

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]
PAGE = "/store/datasets/worker/bring-in/"


def file(text: str, name: str = "工人.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode("gb18030"), "text/csv")


def send(browser: Client, text: str, **fields: str) -> str:
    answer = browser.post(PAGE, {"file": file(text), "mode": "append", **fields})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def work() -> None:
    """Run the one job of its kind that waits, as the worker does."""
    job = lease.claim("w", kinds=(sending.KIND,), lease_s=60, now=clock.now())
    assert job is not None
    run(Held(job, clock.now, threading.Event(), 60, 60))


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    """Each test begins without files; the home is everybody's."""
    shutil.rmtree(places.sent(), ignore_errors=True)


def kept() -> list[Path]:
    return list(places.sent().glob("*/*"))


def test_the_form_tells_the_ways(sign_in: Browser) -> None:
    page = sign_in("steward_a", "en").get(PAGE).content.decode()
    assert all(f'value="{mode}"' in page for mode in ("append", "upsert", "replace"))


def test_only_a_steward_of_the_owner_sends(sign_in: Browser) -> None:
    for person in ("bureau_a", "auditor_c", "developer_b"):
        assert sign_in(person).get(PAGE).status_code == 403
    other = "/store/datasets/air/bring-in/"
    assert sign_in("steward_a").post(other, {"file": file("x\n1\n")}).status_code == 403
    assert jobs.jobs(kind=sending.KIND) == [] and kept() == []


def test_wrong_orders_are_told_and_keep_nothing(sign_in: Browser) -> None:
    browser = sign_in("steward_a", "en")
    for told, word in (
        ({"file": file("x\n"), "mode": "merge"}, "choose append, upsert or replace"),
        ({"file": file(""), "mode": "append"}, "empty"),
    ):
        answer = browser.post(PAGE, told)
        assert answer.status_code in (200, 422)
        assert word in answer.content.decode()
    assert jobs.jobs(kind=sending.KIND) == [] and kept() == []


def test_the_way_of_a_wrong_file(sign_in: Browser) -> None:
    browser = sign_in("steward_a", "en")
    place = send(browser, "no,such,columns\n1,2,3\n")
    waiting = browser.get(place).content.decode()
    assert "waiting" in waiting and 'hx-trigger="every 1s"' in waiting
    reader = Words()
    reader.feed(waiting)
    left = [text for text in reader.found if CHINESE.search(text)]
    assert [text for text in left if "工人.csv" not in text] == []
    work()
    ended = browser.get(place).content.decode()
    assert "Nothing of the file has landed" in ended and "hx-trigger" not in ended
    assert 'role="alert"' in ended
    assert "no such column" in ended or "does not" in ended  # what is wrong, not only where
    assert [path.name for path in kept()] == ["faults.json"]


def test_another_datasets_file_is_not_shown(sign_in: Browser) -> None:
    browser = sign_in("steward_a")
    assert browser.get(f"{PAGE}999999/").status_code == 404
    other = jobs.enqueue("lake.quality", {"dataset": "worker"}, by="t", now=clock.now())
    assert browser.get(f"{PAGE}{other.id}/").status_code == 404


def test_the_way_of_a_right_file(sign_in: Browser) -> None:
    """Needs a table on disk, so the dataset of the test gets its first rows here."""
    browser = sign_in("steward_a", "en")
    text = "worker_id,phone,trade\n1,10000000001,crane\n2,10000000002,welder\n3,,crane\n"
    place = send(browser, text)
    assert len(kept()) == 1
    work()
    ended = browser.get(place).content.decode()
    assert "2 rows have landed" in ended and "1 rows stand aside" in ended
    assert lake.describe("worker").rows == 2
    assert kept() == []
    again = send(browser, text, mode="upsert")
    work()
    assert "landed before" in browser.get(again).content.decode()
    assert lake.describe("worker").rows == 2

"""The page of a dataset's sources: seen by those who answer for it, run and removed by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.lake import facade as lake
from web.test_pages import CHINESE, Words

Browser = Callable[..., Client]
PAGE = "/store/datasets/worker/sources/"


@pytest.fixture(autouse=True)
def source(db: None, tmp_path: Path) -> None:
    """A folder that feeds the workers each hour."""
    text = (
        f"source: worker_folder\ndataset: worker\nkind: folder\nfolder: {tmp_path}\n"
        "pattern: '*.csv'\nmode: append\nevery_s: 3600\n"
    )
    lake.add_source(text, place="source.yaml", by="operator", now=clock.now())


def test_the_steward_runs_it_once_and_sees_that_it_waits(sign_in: Browser) -> None:
    browser = sign_in("steward_a", "en")
    for _ in range(2):
        assert browser.post(PAGE, {"source": "worker_folder", "verb": "run"}).status_code == 302
    waiting = jobs.jobs(kind="lake.source")
    assert [job.payload for job in waiting] == [{"source": "worker_folder"}]
    page = browser.get(PAGE).content.decode()
    assert "waiting" in page and "every 3,600 s" in page and "disabled" in page


def test_it_is_removed_after_a_question(sign_in: Browser) -> None:
    browser = sign_in("steward_a")
    assert 'value="remove"' not in browser.get(PAGE).content.decode()
    assert 'value="remove"' in browser.get(f"{PAGE}?remove=worker_folder").content.decode()
    assert browser.post(PAGE, {"source": "worker_folder", "verb": "remove"}).status_code == 302
    assert lake.sources("worker") == []
    assert "没有数据源" in browser.get(PAGE).content.decode()


def test_others_neither_see_nor_touch_it(sign_in: Browser) -> None:
    told = {"source": "worker_folder", "verb": "remove"}
    assert sign_in("developer_b").get(PAGE).status_code == 403
    assert sign_in("auditor_c").get(PAGE).status_code == 200
    assert sign_in("auditor_c").post(PAGE, told).status_code == 403
    assert sign_in("bureau_a").post("/store/datasets/air/sources/", told).status_code == 404
    assert len(lake.sources("worker")) == 1


def test_an_english_page_holds_no_chinese(sign_in: Browser) -> None:
    reader = Words()
    reader.feed(sign_in("bureau_a", "en").get(PAGE).content.decode())
    assert [text for text in reader.found if CHINESE.search(text)] == []

"""The background work on listings comes by itself, from the first listing on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from duokua.jobs import facade as jobs
from duokua.jobs.handlers import handler_of
from duokua.store import facade as store
from duokua.store import listing_jobs
from duokua.store.models import Listing
from unit.store.district import NOW, person, settle

pytestmark = pytest.mark.django_db


@dataclass
class Work:
    """What a handler is given, at one instant."""

    at: datetime
    job: jobs.JobInfo = None  # type: ignore[assignment]

    def now(self) -> datetime:
        return self.at

    def progress(self, done: int, total: int) -> None:
        return None


def test_a_change_lets_the_work_come_again(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settle()
    store.draft_listing("patrol", by=person("steward"), now=NOW)
    Listing.objects.update(state="published", shown=1)
    with django_capture_on_commit_callbacks(execute=True):
        store.announce_withdrawal("patrol", reason="改版", by=person("steward"), now=NOW)
    mine = (listing_jobs.JUDGE, listing_jobs.HEAT, listing_jobs.WITHDRAW)
    assert set(mine) <= {each.name for each in jobs.schedules()}


def test_the_handlers_do_what_they_say() -> None:
    settle()
    store.draft_listing("patrol", by=person("steward"), now=NOW)
    Listing.objects.update(state="published", shown=1)
    store.announce_withdrawal("patrol", reason="改版", by=person("steward"), now=NOW)
    later = Work(NOW + timedelta(days=40))
    assert handler_of(listing_jobs.JUDGE)(later) == {"judged": 1}
    assert handler_of(listing_jobs.WITHDRAW)(Work(NOW)) == {"withdrawn": []}
    assert handler_of(listing_jobs.WITHDRAW)(later) == {"withdrawn": ["patrol"]}
    assert handler_of(listing_jobs.HEAT)(later) == {"changed": 0}

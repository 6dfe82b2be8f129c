"""The queue: jobs come in once, are claimed by one, lost with their lease, ended by their holder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from duokua.audit import facade as audit
from duokua.jobs import actions, lease, times
from duokua.jobs import facade as jobs
from duokua.jobs.states import JobState
from duokua.jobs.values import JobError, JobInfo
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
LEASE_S = 30.0
WRONG = JobError("unavailable", Text("坏", "bad"), Text("修", "mend"), ("a.csv: line 3",))


def later(seconds: float) -> datetime:
    """Return an instant after the beginning."""
    return NOW + timedelta(seconds=seconds)


def bring(key: str | None = None, **told: int) -> JobInfo:
    """Bring in a job."""
    return jobs.enqueue("test.work", {"of": "x"}, by="li", now=NOW, key=key, **told)


def claim(owner: str = "one", at: datetime = NOW) -> JobInfo | None:
    """Claim the next job."""
    return lease.claim(owner, kinds=("test.work",), lease_s=LEASE_S, now=at)


def claimed(owner: str = "one", at: datetime = NOW) -> JobInfo:
    """Claim the next job, which must be there."""
    job = claim(owner, at)
    assert job is not None
    return job


def state(job: JobInfo) -> JobState:
    """Return where a job stands now."""
    return jobs.show(job.id).state


def test_a_job_is_claimed_by_one_only() -> None:
    bring()
    job = claimed()
    assert (job.state, job.attempts, job.owner) == (JobState.RUNNING, 1, "one")
    assert job.lease_until == later(LEASE_S)
    assert claim("two") is None


def test_a_job_of_an_unknown_kind_waits() -> None:
    jobs.enqueue("other.work", {}, by="li", now=NOW)
    assert claim() is None


def test_a_job_waits_for_its_time_and_the_urgent_goes_first() -> None:
    jobs.enqueue("test.work", {}, by="li", now=NOW, run_at=later(20))
    slow, urgent = bring(), bring(priority=5)
    assert [claimed().id, claimed().id] == [urgent.id, slow.id]
    assert claim(at=later(19)) is None
    assert claim(at=later(20)) is not None


def test_a_lapsed_lease_passes_to_another_and_the_first_is_fenced_off() -> None:
    bring()
    first = claimed("one")
    assert claim("two", later(LEASE_S)) is None
    second = claimed("two", later(LEASE_S + 1))
    assert (second.id, second.attempts) == (first.id, 2)
    end = later(LEASE_S + 2)
    assert not lease.beat(first, lease_s=LEASE_S, done=1, total=2, now=end)
    assert not lease.complete(first, {"who": "one"}, done=1, total=1, now=end)
    assert not lease.fail(first, WRONG, passing=True, now=end)
    assert not lease.release(first, now=end)
    assert state(first) == JobState.RUNNING
    assert lease.complete(second, {"who": "two"}, done=1, total=1, now=end)
    told = jobs.show(first.id)
    assert (told.state, told.result, told.error) == (JobState.DONE, {"who": "two"}, None)


def test_a_beat_keeps_the_lease_and_tells_rate_and_time_left() -> None:
    bring()
    job = claimed()
    assert lease.beat(job, lease_s=LEASE_S, done=500, total=2000, now=later(10))
    assert claim("two", later(LEASE_S + 1)) is None
    told = jobs.show(job.id)
    assert (told.done, told.total, told.rate, told.left_s) == (500, 2000, 50.0, 30.0)


def test_what_may_pass_is_tried_again_later_each_time_twice_as_late() -> None:
    job, at, waits = bring(most_attempts=3), NOW, []
    for _ in range(2):
        assert lease.fail(claimed(at=at), WRONG, passing=True, now=at)
        told = jobs.show(job.id)
        assert (told.state, told.error) == (JobState.WAITING, WRONG)
        waits.append((told.run_at - at).total_seconds())
        at = told.run_at
    assert lease.fail(claimed(at=at), WRONG, passing=True, now=at)
    assert waits == [5, 10]
    assert state(job) == JobState.FAILED
    assert times.retry_after(99) == timedelta(seconds=600)


def test_what_will_not_pass_fails_at_once() -> None:
    bring()
    job = claimed()
    assert lease.fail(job, WRONG, passing=False, now=NOW)
    assert state(job) == JobState.FAILED


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    job = bring(most_attempts=2)
    claimed(at=NOW)
    claimed(at=later(100))
    assert claim(at=later(200)) is None
    told = jobs.show(job.id)
    assert told.state == JobState.FAILED
    assert told.error is not None and told.error.code == "worker_died"


def test_a_released_job_has_lost_no_attempt() -> None:
    bring(most_attempts=1)
    assert lease.release(claimed(), now=NOW)
    assert claimed("two").attempts == 1


def test_one_live_job_for_a_key() -> None:
    first = bring("k")
    assert bring("k").id == first.id
    job = claimed()
    assert bring("k").id == first.id
    assert lease.complete(job, None, done=0, total=0, now=NOW)
    assert bring("k").id != first.id


def test_a_job_goes_with_the_callers_transaction() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        bring()
        raise RuntimeError
    assert jobs.jobs() == []


def test_cancelling_takes_a_running_job_away_and_is_audited() -> None:
    bring()
    job = claimed()
    jobs.cancel(job.id, by="li", now=NOW)
    assert not lease.beat(job, lease_s=LEASE_S, done=0, total=0, now=NOW)
    assert not lease.complete(job, None, done=0, total=0, now=NOW)
    assert state(job) == JobState.CANCELLED
    assert [one.of for one in audit.find(verb="jobs.job.cancelled", of=str(job.id), limit=1)]
    with pytest.raises(Conflict):
        jobs.cancel(job.id, by="li", now=NOW)


def test_a_failed_job_comes_back_as_new_unless_its_key_is_live() -> None:
    job = bring("k")
    assert lease.fail(claimed(), WRONG, passing=False, now=NOW)
    other = bring("k")
    with pytest.raises(Conflict):
        jobs.retry(job.id, by="li", now=NOW)
    jobs.cancel(other.id, by="li", now=NOW)
    told = jobs.retry(job.id, by="li", now=later(5))
    assert (told.state, told.attempts, told.error) == (JobState.WAITING, 0, None)
    with pytest.raises(Conflict):
        jobs.retry(job.id, by="li", now=NOW)


def test_an_unknown_job_is_not_found() -> None:
    for verb in (jobs.cancel, jobs.retry):
        with pytest.raises(NotFound):
            verb(7, by="li", now=NOW)


def test_a_schedule_fires_once_for_each_instant_and_never_piles_up() -> None:
    told = jobs.schedule("pull", "test.work", {}, every_s=60, by="li", now=NOW)
    assert told.next_at == later(60)
    assert actions.fire_due(later(59)) == 0
    assert actions.fire_due(later(60)) == 1
    assert actions.fire_due(later(60)) == 0
    assert actions.fire_due(later(600)) == 1  # what was missed is not made up for
    assert len(jobs.jobs()) == 1  # the first has not ended yet
    assert jobs.schedules()[0].next_at == later(660)
    again = jobs.schedule("pull", "test.work", {}, every_s=60, by="li", now=later(630))
    assert again.next_at == later(660)
    assert jobs.unschedule("pull") and not jobs.unschedule("pull")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-05-06T00:00:00+08:00", "2026-05-06T02:30:00+08:00"),
        ("2026-05-06T02:29:59+08:00", "2026-05-06T02:30:00+08:00"),
        ("2026-05-06T02:30:00+08:00", "2026-05-07T02:30:00+08:00"),
        ("2026-12-31T23:59:59+08:00", "2027-01-01T02:30:00+08:00"),
    ],
)
def test_daily_is_the_hour_in_shanghai(now: str, expected: str) -> None:
    at = datetime.fromisoformat(now)
    found = times.following(at, None, "02:30", at)
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("every_s", "daily"), [(None, ""), (5, "02:30"), (0, ""), (None, "24:00"), (None, "2:30")]
)
def test_a_wrong_rhythm_is_refused(every_s: int | None, daily: str) -> None:
    with pytest.raises(Invalid):
        jobs.schedule("pull", "test.work", {}, every_s=every_s, daily=daily, by="li", now=NOW)


def test_old_jobs_are_forgotten() -> None:
    bring()
    job = claimed()
    assert lease.complete(job, None, done=0, total=0, now=NOW)
    assert lease.prune(NOW + timedelta(days=29)) == 0
    assert lease.prune(NOW + timedelta(days=31)) == 1


def test_a_silent_worker_is_known_to_be_silent() -> None:
    lease.note_worker("w", started_at=NOW, now=NOW)
    assert [worker.alive for worker in jobs.workers(later(5))] == [True]
    assert [worker.alive for worker in jobs.workers(later(60))] == [False]
    lease.forget_worker("w")
    assert jobs.workers(NOW) == []


def test_a_clock_that_is_set_back_stops_neither_schedules_nor_jobs() -> None:
    """What was written an hour ahead is due: nobody waits for the hour to come again."""
    ahead = later(3600)
    actions.schedule("care", "test.work", {}, every_s=10, daily="", by="t", now=ahead)
    assert actions.fire_due(later(3610)) == 1
    taken = claim("one", later(3611))
    assert taken is not None
    again = claim("two")
    assert again is not None and again.id == taken.id and again.fence > taken.fence
    assert lease.complete(again, {}, done=0, total=0, now=NOW)
    assert actions.fire_due(NOW) == 1  # the schedule as well
    assert actions.fire_due(NOW) == 0
    assert claim("one") is not None
    jobs.enqueue("test.work", {}, by="t", now=ahead)
    assert claim("two") is not None
    jobs.enqueue("test.work", {}, by="t", now=NOW, run_at=ahead)
    assert claim("three") is None

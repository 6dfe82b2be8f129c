"""The page of background tasks (后台任务): what runs, how far it is, what failed and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import SortValue, page

_LOOKED_AT = 1000
_STATE = (Text("状态", "State"), Text("全部状态", "Every state"))
_KIND = (Text("任务", "Task"), Text("全部任务", "Every task"))
_ORDERS = {
    "-created": Text("最新在前", "Newest first"),
    "created": Text("最早在前", "Oldest first"),
    "-attempts": Text("尝试最多在前", "Most attempts first"),
}
_HEAD = (
    "id", "kind", "dataset", "state", "attempts", "done", "total", "rows", "fault", "created_at",
)  # fmt: skip
_MOST = 10_000
_SIGNS = {
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.RUNNING: "brandy",
    JobState.WAITING: "",
    JobState.CANCELLED: "",
}


_VERBS = {"retry": jobs.retry, "cancel": jobs.cancel}
_MAY_ACT = (Role.STEWARD, Role.BUREAU)


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as the page shows it; ``verb`` is what may be done with it now, if anything."""

    job: JobInfo
    title: Text
    dataset: str
    state: Text
    sign: str
    verb: str

    @property
    def share(self) -> int:
        """Percent done of a running job."""
        return min(100, 100 * self.job.done // self.job.total) if self.job.total else 0


_SORTS: dict[str, Callable[[Shown], SortValue]] = {
    "created": lambda one: one.job.created_at.timestamp(),
    "attempts": lambda one: one.job.attempts,
}


@policy.roles(Role.STEWARD, Role.BUREAU, Role.AUDITOR)
def tasks(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the tasks of the datasets that this person answers for, newest first."""
    words = asking.words(request)
    choices = [
        asking.offered(request, "state", *_STATE, [(str(e), w) for e, w in jobs.WORDS.items()]),
        asking.offered(request, "kind", *_KIND, [(e, jobs.title_of(e)) for e in jobs.kinds()]),
        asking.orders(request, _ORDERS.items()),
    ]
    state, kind, sort = (each.value for each in choices)
    datasets, sources = _datasets(person), _sources()
    found = [
        _shown(job, dataset, person)
        for job in jobs.jobs(state=state or None, kind=kind or None, limit=_LOOKED_AT)
        if (dataset := _dataset(job, sources)) in datasets and words.lower() in dataset.lower()
    ]
    if form := asking.export(request):
        return list_answer(form, "tasks", _HEAD, [_plain(each) for each in found])
    shown = page(
        found,
        sorts=_SORTS,
        identity=lambda one: f"{one.job.id:015d}",
        sort=sort,
        after=request.GET.get("after"),
    )
    context = {
        "rows": shown.rows,
        "page": shown,
        "choices": choices,
        "words": words,
        "acts": person.role in _MAY_ACT,
        "alive": any(worker.alive for worker in jobs.workers(clock.now())),
    }
    return render(request, "portal/jobs.html", context)


def _plain(one: Shown) -> dict[str, object]:
    job = one.job
    return {
        "id": job.id, "kind": job.kind, "dataset": one.dataset, "state": str(job.state),
        "attempts": job.attempts, "done": job.done, "total": job.total or "",
        "rows": (job.result or {}).get("rows", ""),
        "fault": job.error.what.en if job.error else "", "created_at": iso(job.created_at),
    }  # fmt: skip


@require_POST
@policy.roles(*_MAY_ACT)
def act(request: HttpRequest, person: Person, job_id: int) -> HttpResponseBase:
    """Retry or cancel a task of a dataset that this person answers for.

    :raises NotFound: there is no such task.
    :raises Conflict: it has ended, or another of its kind is under way.
    """
    verb = _VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        raise PermissionDenied
    if _dataset(jobs.show(job_id), _sources()) not in _datasets(person):
        raise jobs.no_job(job_id)
    verb(job_id, by=person.username, now=clock.now())
    return redirect("jobs")


def _sources() -> dict[str, str]:
    return {each.declared.id: each.declared.dataset for each in lake.sources()}


def _datasets(person: Person) -> frozenset[str]:
    """Return the datasets whose tasks a person may know of: a steward's own department's."""
    own = person.department if person.role == Role.STEWARD else None
    found = lake.datasets(department=own, limit=_MOST, viewer=person.viewer)
    return frozenset(info.id for info in found)


def _dataset(job: JobInfo, sources: dict[str, str]) -> str:
    told = job.payload.get("dataset") or sources.get(str(job.payload.get("source")), "")
    return str(told)


def _shown(job: JobInfo, dataset: str, person: Person) -> Shown:
    ended_badly = job.state in (JobState.FAILED, JobState.CANCELLED)
    verb = "retry" if ended_badly else "cancel" if job.state != JobState.DONE else ""
    return Shown(
        job,
        jobs.title_of(job.kind),
        dataset,
        jobs.WORDS[job.state],
        _SIGNS[job.state],
        verb if person.role in _MAY_ACT else "",
    )

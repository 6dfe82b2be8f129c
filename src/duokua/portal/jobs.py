"""The page of background tasks (后台任务): what runs, how far it is, what failed and why."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade as lake

_LOOKED_AT = 1000
_SHOWN = 100
_MOST = 10_000
_SIGNS = {
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.RUNNING: "brandy",
    JobState.WAITING: "",
    JobState.CANCELLED: "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as the page shows it."""

    job: JobInfo
    title: Text
    dataset: str
    state: Text
    sign: str

    @property
    def share(self) -> int:
        """Percent done of a running job."""
        return min(100, 100 * self.job.done // self.job.total) if self.job.total else 0


@policy.roles(Role.STEWARD, Role.BUREAU, Role.AUDITOR)
def tasks(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the tasks of the datasets that this person answers for, newest first."""
    state = request.GET.get("state")
    asked = state if state in set(JobState) else None
    datasets = _datasets(person)
    sources = {each.declared.id: each.declared.dataset for each in lake.sources()}
    shown = [
        _shown(job, dataset)
        for job in jobs.jobs(state=asked, limit=_LOOKED_AT)
        if (dataset := _dataset(job, sources)) in datasets
    ]
    context = {
        "rows": shown[:_SHOWN],
        "states": [(str(each), word) for each, word in jobs.WORDS.items()],
        "asked": asked,
        "alive": any(worker.alive for worker in jobs.workers(clock.now())),
    }
    return render(request, "portal/jobs.html", context)


def _datasets(person: Person) -> frozenset[str]:
    """Return the datasets whose tasks a person may know of: a steward's own department's."""
    own = person.department if person.role == Role.STEWARD else None
    found = lake.datasets(department=own, limit=_MOST, viewer=person.viewer)
    return frozenset(info.id for info in found)


def _dataset(job: JobInfo, sources: dict[str, str]) -> str:
    told = job.payload.get("dataset") or sources.get(str(job.payload.get("source")), "")
    return str(told)


def _shown(job: JobInfo, dataset: str) -> Shown:
    return Shown(job, jobs.title_of(job.kind), dataset, jobs.WORDS[job.state], _SIGNS[job.state])

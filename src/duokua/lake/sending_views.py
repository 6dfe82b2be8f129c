"""The page that brings a further file into a dataset (再次汇聚): send, watch, read what became of it."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lake import facade, sending

MODES = {
    "append": (
        Text("追加", "Append"),
        Text("新行加在已有行之后，键重复的行进入隔离区", "New rows are added; keys that are there "
             "already stand aside"),
    ),
    "upsert": (
        Text("按键更新", "Upsert by key"),
        Text("键已存在的行被替换，其余追加", "Rows whose key is there are replaced, the rest added"),
    ),
    "replace": (
        Text("全量替换", "Replace everything"),
        Text("只保留本文件中的行", "Only the rows of this file remain"),
    ),
}  # fmt: skip


@policy.roles(Role.STEWARD)
def send(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Ask for a file of a dataset of the own department; queue it and go to its progress.

    :raises NotFound: there is no such dataset.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    if person.department != info.owner:
        raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
    fault: DuokuaError | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        if isinstance(file, UploadedFile):
            try:
                job = sending.send(
                    dataset_id,
                    file.name or "file",
                    file.chunks(),
                    mode=request.POST.get("mode", ""),
                    strict=request.POST.get("strict") == "on",
                    by=person.username,
                    now=clock.now(),
                )
                return redirect("sent", dataset_id, job.id)
            except DuokuaError as error:
                fault = error
    context = {
        "info": info,
        "fault": fault,
        "modes": MODES,
        "mode": request.POST.get("mode") or "append",
        "strict": request.POST.get("strict") == "on",
        "most": sending.MOST_BYTES >> 20,
    }
    return render(request, "lake/send.html", context, status=422 if fault else 200)


@policy.roles(Role.STEWARD)
def sent(request: HttpRequest, person: Person, dataset_id: str, job_id: int) -> HttpResponseBase:
    """Show how far a file has come and what became of it.

    :raises NotFound: there is no such dataset or file.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    if person.department != info.owner:
        raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
    job = sending.job_of(dataset_id, job_id)
    context = {
        "info": info,
        "job": job,
        "state": jobs.WORDS[job.state],
        "mode": MODES[job.payload["mode"]][0],
        "live": job.state in (JobState.WAITING, JobState.RUNNING),
        "share": _share(job),
        "faults": sending.faults_of(job) if job.error else [],
        "idle": not any(worker.alive for worker in jobs.workers(clock.now())),
    }
    return render(request, "lake/sent.html", context)


def _share(job: JobInfo) -> int:
    """Return percent done; all of it is a running job's last step, so never 100 before its end."""
    return min(99, 100 * job.done // job.total) if job.total else 0

"""The page of a dataset's sources (数据源): how far each has come, when it runs next, run it now."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel import clock
from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.facade import SourceInfo

_RUN = "lake.source"
_KINDS = {
    "folder": Text("监视文件夹", "watched folder"),
    "postgresql": Text("PostgreSQL 表", "PostgreSQL table"),
    "mysql": Text("MySQL 表", "MySQL table"),
    "http": Text("HTTP 接口", "HTTP address"),
}
_MODES = {
    "append": Text("追加", "append"),
    "replace": Text("全量替换", "replace"),
    "upsert": Text("按键更新", "upsert by key"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as the page shows it, with its newest task."""

    info: SourceInfo
    kind: Text
    mode: Text
    newest: JobInfo | None

    @property
    def state(self) -> Text | None:
        """The state of its newest task."""
        return jobs.WORDS[self.newest.state] if self.newest else None

    @property
    def busy(self) -> bool:
        """Whether it is being fetched, or soon will be."""
        return self.newest is not None and self.newest.state in (
            JobState.WAITING,
            JobState.RUNNING,
        )


@policy.roles(Role.STEWARD, Role.BUREAU, Role.AUDITOR)
def dataset_sources(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """List the sources of a dataset; a steward of its owner or a reviewer runs or removes one.

    :raises NotFound: there is no such dataset or source.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    own = person.holds(Role.STEWARD, info.owner)
    if not own and person.viewer is not None:
        raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
    may = own or Role.BUREAU in person.hats
    if request.method == "POST":
        if not may:
            raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
        _act(request, person, dataset_id)
        return redirect("dataset_sources", dataset_id)
    shown = [_shown(each) for each in facade.sources(dataset_id)]
    context = {"info": info, "rows": shown, "may": may, "removing": request.GET.get("remove")}
    return render(request, "lake/sources.html", context)


def _act(request: HttpRequest, person: Person, dataset_id: str) -> None:
    source = facade.source(request.POST.get("source", ""))
    if source.declared.dataset != dataset_id:
        raise NotFound(
            Text("该数据集没有这个数据源", "the dataset has no such source"),
            Text("请刷新页面", "load the page anew"),
        )
    name, now = source.declared.id, clock.now()
    if request.POST.get("verb") == "remove":
        facade.remove_source(name, by=person.username, now=now)
        messages.success(request, _("Removed. What it brought stays."))
        return
    if request.POST.get("verb") != "run":
        raise PermissionDenied
    try:
        jobs.enqueue(_RUN, {"source": name}, by=person.username, now=now, key=f"source:{name}")
    except Conflict as error:
        messages.warning(request, str(error))
        return
    messages.success(request, _("Queued: it is fetched in the background."))


def _shown(info: SourceInfo) -> Shown:
    declared = info.declared
    # Runs on schedule and runs by hand have keys of their own.
    newest = [
        job
        for key in (f"source:{declared.id}", f"schedule:source:{declared.id}")
        for job in jobs.jobs(key=key, limit=1)
    ]
    return Shown(
        info,
        _KINDS[declared.kind.value],
        _MODES[declared.mode],
        max(newest, key=lambda job: job.id, default=None),
    )

"""Background work of the lake: after each batch it is measured, profiled and what is derived
from it is made."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import alerts, facade, rekeying, upkeep
from duokua.notify import facade as notify

_BY = "lake"
_DAILIES = {"lake.vacuum": "03:30", "lake.retain": "02:30"}  # each is the kind of its job
_HOURLY = "lake.hourly"
_HOUR_S = 3600
_OFTEN = "lake.reconcile"
_OFTEN_S = 300
_APART = 8  # batches that are merged by themselves later, not at once


def measure(work: jobs.Work) -> dict[str, Any]:
    """Measure the quality of a dataset."""
    info = facade.check_quality(work.job.payload["dataset"], now=work.now())
    return {"score": info.score}


def refresh(work: jobs.Work) -> dict[str, Any]:
    """Make a derived dataset anew."""
    result = facade.refresh_derived(work.job.payload["dataset"], by=_BY, now=work.now())
    return {"rows": result.rows, "landed": result.landed}


def profile(work: jobs.Work) -> None:
    """Look at the files that came."""
    facade.refresh_profile(work.job.payload["dataset"])


def compact(work: jobs.Work) -> dict[str, Any]:
    """Merge the small files of a dataset; the newest batches can still be withdrawn alone."""
    done = facade.compact(work.job.payload["dataset"], apart=_APART, by=_BY, now=work.now())
    return {"before": done.before, "after": done.after}


def vacuum(work: jobs.Work) -> dict[str, Any]:
    """Remove the files that are left over in every dataset."""
    every = upkeep.vacuum_all(by=_BY, now=work.now(), progress=work.progress)
    return {
        "files": sum(len(told.files) for told in every),
        "bytes": sum(told.size for told in every),
    }


def erase(work: jobs.Work) -> dict[str, Any]:
    """Carry out an erasure, or what is left of it."""
    told = facade.carry_out_erasure(
        work.job.payload["erasure"], by=_BY, now=work.now(), progress=work.progress
    )
    return {"rows": told.rows}


def retain(work: jobs.Work) -> dict[str, Any]:
    """Remove what is past its retention, or only count it for one dataset that has changed."""
    dataset = work.job.payload.get("dataset")
    if dataset is not None:
        facade.look_at_retention(dataset, now=work.now())
        return {}
    return {"rows": facade.apply_retentions(by=_BY, now=work.now(), progress=work.progress)}


def rekey(work: jobs.Work) -> None:
    """Make anew what of a dataset carries pseudonyms under an older key."""
    rekeying.follow(work.job.payload["dataset"], by=_BY, now=work.now())


def hourly(work: jobs.Work) -> dict[str, Any]:
    """Judge the promises of refreshing, go on with what was cut short, forget old messages."""
    now = work.now()
    names = facade.promised()
    for at, name in enumerate(names):
        work.progress(at, len(names))
        alerts.judge_freshness(name, now=now)
    for each in facade.erasures(viewer=None):
        if not each.done:
            key = f"lake.erase:{each.id}"
            jobs.enqueue("lake.erase", {"erasure": each.id}, by=_BY, now=now, key=key)
    rekeying.resume_lately(by=_BY, now=now)
    return {"judged": len(names), "forgotten": notify.forget_old(now=now)}


def reconcile(work: jobs.Work) -> dict[str, Any]:
    """Tell of versions that a process did not tell of because it died, see `announcing`."""
    return {"mended": facade.reconcile()}


def follow(sender: object, dataset_id: str, **told: object) -> None:
    """Bring in what a new version of a dataset asks for."""
    info = facade.describe(dataset_id)
    with transaction.atomic():  # one commit for all of them
        _ask_for(info)
    alerts.look_at_quarantine(dataset_id, now=clock.now())
    _keep_schedules()


def _ask_for(info: facade.DatasetInfo) -> None:
    dataset_id, version = info.id, info.version
    for kind, name in [
        ("lake.quality", dataset_id),
        *([("lake.retain", dataset_id)] if info.contract.retention else []),
        ("lake.profile", dataset_id),
        *(("lake.refresh", each) for each in facade.derived_from(dataset_id)),
    ]:
        # The version is in the key: a job that runs already has perhaps not seen this one.
        key = f"{kind}:{name}:{dataset_id}@{version}"
        jobs.enqueue(kind, {"dataset": name}, by=_BY, now=clock.now(), key=key)
    if upkeep.wants_compaction(dataset_id):
        key = f"lake.compact:{dataset_id}"
        jobs.enqueue("lake.compact", {"dataset": dataset_id}, by=_BY, now=clock.now(), key=key)


def _keep_schedules() -> None:
    known = {each.name for each in jobs.schedules()}
    for name, daily in _DAILIES.items():
        if name not in known:
            jobs.schedule(name, name, {}, daily=daily, by=_BY, now=clock.now())
    if _OFTEN not in known:
        jobs.schedule(_OFTEN, _OFTEN, {}, every_s=_OFTEN_S, by=_BY, now=clock.now())
    if _HOURLY not in known:
        jobs.schedule(_HOURLY, _HOURLY, {}, every_s=_HOUR_S, by=_BY, now=clock.now())


def start() -> None:
    """Register the handlers and listen for new versions."""
    jobs.register("lake.quality", measure, Text("评估数据质量", "measure quality"))
    jobs.register("lake.profile", profile, Text("统计数据概况", "profile a dataset"))
    jobs.register("lake.refresh", refresh, Text("更新派生数据集", "refresh a derived dataset"))
    jobs.register("lake.compact", compact, Text("合并小文件", "merge small files"))
    jobs.register("lake.erase", erase, Text("彻底删除主体数据", "erase a subject for good"))
    jobs.register("lake.vacuum", vacuum, Text("清理旧文件", "remove files left over"))
    jobs.register(_OFTEN, reconcile, Text("核对数据版本", "follow up versions left untold"))
    jobs.register("lake.retain", retain, Text("清除到期数据", "remove what is past its retention"))
    jobs.register(rekeying.KIND, rekey, Text("更换主体假名", "rename subjects after a rotation"))
    jobs.register(_HOURLY, hourly, Text("核对更新承诺", "judge promises of refreshing"))
    facade.dataset_committed.connect(follow, dispatch_uid="lake.jobs")

"""Brings in what sources (数据源) have and what stewards send, in the background."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lake import alerts, facade, sending


def run(work: jobs.Work) -> dict[str, Any]:
    """Fetch what a source has; its steward hears when that fails."""
    source = str(work.job.payload["source"])
    dataset = facade.source(source).declared.dataset
    try:
        told = _run(work, source)
    except DuokuaError as error:
        alerts.source_failed(source, dataset, error.what, now=work.now())
        raise
    if told["refused"]:
        what = Text(f"{told['refused']} 个文件被拒收", f"{told['refused']} files were refused")
        alerts.source_failed(source, dataset, what, now=work.now())
    else:
        alerts.source_ran(source, dataset, now=work.now())
    return told


def _run(work: jobs.Work, source: str) -> dict[str, Any]:
    done = facade.run_source(
        source,
        key=f"job-{work.job.id}",
        by=f"source:{source}"[:64],
        now=work.now(),
        progress=work.progress,
    )
    told: dict[str, Any] = {"rows": done.rows, "batches": len(done.batches)}
    return told | {"refused": len(done.refused), "pending": done.pending}


def bring_in(work: jobs.Work) -> dict[str, Any]:
    """Bring in a file that a steward sent."""
    return sending.bring_in(work.job.payload, now=work.now(), progress=work.progress)


def start() -> None:
    """Register the handlers."""
    jobs.register(sending.KIND, bring_in, Text("汇聚文件", "bring in a file"))
    jobs.register("lake.source", run, Text("汇聚数据源", "fetch a source"))

"""Brings in what sources (数据源) have and what stewards send, in the background."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel.text import Text
from duokua.lake import facade, sending


def run(work: jobs.Work) -> dict[str, Any]:
    """Fetch what a source has."""
    source = work.job.payload["source"]
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

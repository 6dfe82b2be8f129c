"""Background work on rules: packs are evaluated on new data, and when a rule's time has come."""

from __future__ import annotations

from typing import Any

from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake.facade import dataset_committed
from duokua.loop.facade import rules
from duokua.loop.signals import rules_adopted
from duokua.sensing.facade import stream_advanced

_BY = "system"
_MOST_TIMES = 100
LOOK, EVERY_S = "loop.look", 60
EVALUATE, FORGET = "loop.evaluate", "loop.forget_runs"


def look(work: jobs.Work) -> dict[str, Any]:
    """Bring in an evaluation of each pack that has something to do."""
    found = rules.to_evaluate(work.now())
    for pack in found:
        _ask_for(pack)
    return {"packs": found}


def evaluate(work: jobs.Work) -> dict[str, Any]:
    """Run the rules of a pack."""
    pack = work.job.payload["pack"]
    runs: list[rules.RunInfo] = []
    for _ in range(_MOST_TIMES):
        seen = rules.versions(pack)
        runs += rules.evaluate(pack, now=work.now())
        if rules.versions(pack) == seen:
            break
        work.progress(len(runs), len(runs))  # what came meanwhile was told to this very job
    return {
        "rules": len(runs),
        "opened": sum(run.opened for run in runs),
        "failed": sum(run.error is not None for run in runs),
    }


def forget(work: jobs.Work) -> dict[str, Any]:
    """Remove the records of runs of long ago."""
    return {"forgotten": rules.forget_runs(now=work.now())}


def _ask_for(pack: str) -> None:
    now = clock.now()
    jobs.enqueue(EVALUATE, {"pack": pack}, by=_BY, now=now, key=f"{EVALUATE}:{pack}")


def on_adopted(sender: object, pack: str, **told: object) -> None:
    """Run new rules at once, and let the look for new data come again by itself."""
    known = {each.name for each in jobs.schedules()}
    if LOOK not in known:
        jobs.schedule(LOOK, LOOK, {}, every_s=EVERY_S, by=_BY, now=clock.now())
    if FORGET not in known:
        jobs.schedule(FORGET, FORGET, {}, daily="04:10", by=_BY, now=clock.now())
    _ask_for(pack)


def on_data(sender: object, dataset_id: str, **told: object) -> None:
    """Look at once when a dataset has a new version, where there are rules at all."""
    if LOOK in {each.name for each in jobs.schedules()}:
        jobs.enqueue(LOOK, {}, by=_BY, now=clock.now(), key=LOOK)


def on_stream(sender: object, dataset_id: str, **told: object) -> None:
    """Evaluate at once what reads a stream that has gone on."""
    for pack in rules.packs_on(dataset_id):
        _ask_for(pack)


def start() -> None:
    """Register the handlers; listen for new rules and new data."""
    jobs.register(LOOK, look, Text("查看规则数据是否更新", "look for new data of rules"))
    jobs.register(EVALUATE, evaluate, Text("运行场景规则", "run the rules of a pack"))
    jobs.register(FORGET, forget, Text("清理规则运行记录", "remove old records of runs"))
    rules_adopted.connect(on_adopted, dispatch_uid="loop.rule_jobs")
    dataset_committed.connect(on_data, dispatch_uid="loop.rule_jobs")
    stream_advanced.connect(on_stream, dispatch_uid="loop.rule_jobs")

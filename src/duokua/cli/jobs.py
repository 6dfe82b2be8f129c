"""``duokua jobs``: what waits, runs and has failed in the background."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.jobs.facade import JobInfo

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_STATES = ("waiting", "running", "done", "failed", "cancelled")


@click.group()
def jobs() -> None:
    """Background tasks (后台任务): the queue, its workers and schedules.

    Example: duokua jobs list --state failed
    """


@jobs.command(name="list")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--kind", help="Only those of this kind.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_JSON
@guarded
def list_(state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first.

    Example: duokua jobs list --state running --json
    """
    queue, tell = _queue(), Tell(as_json)
    found = queue.jobs(state=state, kind=kind, limit=limit)
    if as_json:
        tell.answer([job_json(job) for job in found], [])
        return
    heads = [Text("任务", "job"), Text("类型", "kind"), Text("状态", "state")]
    heads += [Text("进度", "progress"), Text("次数", "attempts"), Text("提交", "brought in")]
    rows = [
        [
            str(job.id),
            queue.title_of(job.kind).in_(tell.language),
            queue.WORDS[job.state].in_(tell.language),
            _progress(job).in_(tell.language),
            f"{job.attempts}/{job.most_attempts}",
            _instant(job.created_at),
        ]
        for job in found
    ]
    tell.table(heads, rows)


@jobs.command()
@click.argument("job", type=int)
@_JSON
@guarded
def show(job: int, as_json: bool) -> None:
    """Show one job: progress, result, last error.

    Example: duokua jobs show 17
    """
    queue, tell = _queue(), Tell(as_json)
    info = queue.show(job)
    words = queue.WORDS[info.state]
    lines = [
        Text(f"任务 {info.id} {info.kind}：{words.zh}", f"job {info.id} {info.kind}: {words.en}"),
        _progress(info),
    ]
    if info.error:
        error = info.error
        lines.append(Text(f"{error.what.zh}。{error.mend.zh}", f"{error.what.en}; {error.mend.en}"))
        lines += [Text(f"  {place}", f"  {place}") for place in error.places]
    tell.answer(job_json(info), lines)


@jobs.command()
@click.argument("job", type=int)
@_JSON
@guarded
def retry(job: int, as_json: bool) -> None:
    """Bring back a job that failed or was cancelled.

    Example: duokua jobs retry 17
    """
    info = _queue().retry(job, by=_operator(), now=clock.now())
    said = Text(f"任务 {info.id} 已重新排队", f"job {info.id} waits again")
    Tell(as_json).answer(job_json(info), [said])


@jobs.command()
@click.argument("job", type=int)
@_JSON
@guarded
def cancel(job: int, as_json: bool) -> None:
    """Cancel a job; a running one stops at its next sign of progress.

    Example: duokua jobs cancel 17
    """
    info = _queue().cancel(job, by=_operator(), now=clock.now())
    said = Text(f"任务 {info.id} 已取消", f"job {info.id} is cancelled")
    Tell(as_json).answer(job_json(info), [said])


def _queue() -> Any:
    start()
    from duokua.jobs import facade

    return facade


def _operator() -> str:
    return f"operator:{getpass.getuser()}"


def _instant(at: datetime | None) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def _progress(job: JobInfo) -> Text:
    if not job.done:
        return Text("–", "–")
    amount = f"{job.done:,}" + (f"/{job.total:,}" if job.total else "")
    rate = f"{job.rate:,.0f}/s" if job.rate else "–"
    if job.left_s is None:
        return Text(f"{amount}，{rate}", f"{amount}, {rate}")
    return Text(
        f"{amount}，{rate}，约剩 {job.left_s:.0f} 秒", f"{amount}, {rate}, {job.left_s:.0f} s left"
    )


def job_json(job: JobInfo) -> dict[str, Any]:
    """Return a job as a plain value."""
    error = job.error and {
        "code": job.error.code,
        "what": {"zh": job.error.what.zh, "en": job.error.what.en},
        "mend": {"zh": job.error.mend.zh, "en": job.error.mend.en},
        "places": list(job.error.places),
    }
    instants = ("run_at", "lease_until", "created_at", "started_at", "finished_at")
    plain = ("id", "kind", "key", "payload", "priority", "attempts", "most_attempts", "owner")
    told: dict[str, Any] = {name: getattr(job, name) for name in plain}
    told |= {"state": str(job.state), "done": job.done, "total": job.total, "rate": job.rate}
    told |= {"left_s": job.left_s, "error": error, "result": job.result, "by": job.created_by}
    for name in instants:
        at = getattr(job, name)
        told[name] = clock.iso(at) if at else None
    return told

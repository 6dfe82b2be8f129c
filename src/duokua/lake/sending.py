"""Further files (再次汇聚) of a dataset that a steward sends through the portal.

The file is kept in a folder of its own until its job has ended; the job brings it in as any other,
so a file that was sent twice lands once.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel.errors import DuokuaError, Fault, Invalid, NotFound, Unavailable
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lake import facade, places, uploads
from duokua.lake.values import IngestResult, Mode

KIND = "lake.ingest"
MOST_BYTES = 1 << 30
_ID = re.compile(r"sent-[0-9a-f]{20}")
_FAULTS = "faults.json"
_MOST_FAULTS = 50
_BY_HAND = Text(
    "请分成几个文件，或用 duokua data ingest", "send it in parts, or use duokua data ingest"
)


def send(
    dataset_id: str,
    name: str,
    chunks: Iterable[bytes],
    *,
    mode: str,
    strict: bool,
    by: str,
    now: datetime,
) -> JobInfo:
    """Keep a file and queue it for its dataset; return the job that brings it in.

    :raises NotFound: there is no such dataset.
    :raises Invalid: the dataset is derived, the mode is none, or the file is too large or empty.
    """
    _check(dataset_id, mode)
    _sweep(now)
    sent = new_id("sent")
    folder = places.sent() / sent
    folder.mkdir(parents=True, mode=0o700)
    try:
        file = uploads.harmless(name)
        uploads.keep(folder / file, chunks, MOST_BYTES, _BY_HAND)
        told = {"dataset": dataset_id, "sent": sent, "file": file, "mode": mode, "strict": strict}
        told["by"] = by
        return jobs.enqueue(KIND, told, by=by, now=now, key=f"{KIND}:{sent}", priority=1)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check(dataset_id: str, mode: str) -> None:
    if facade.describe(dataset_id).contract.sql is not None:
        raise Invalid(
            Text("派生数据集由 SQL 生成，不接收文件", "a derived dataset is made by its SQL"),
            Text("请把文件汇聚到它的来源数据集", "bring the file into a dataset it is made from"),
        )
    if mode not in get_args(Mode):
        raise Invalid(
            Text("没有这种汇聚方式", "there is no such way to bring in"),
            Text("请选择追加、按键更新或全量替换", "choose append, upsert or replace"),
        )


def bring_in(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Bring in a file that was sent; return what became of it.

    :raises Invalid: the file cannot be read or no row fits; nothing has landed.
    :raises Conflict: the file was withdrawn before.
    :raises NotFound: the file is not kept any more.
    """
    path = _file(payload)
    try:
        result = _ingest(payload, path, now, progress)
    except Unavailable:
        raise  # it is tried again
    except DuokuaError as error:
        _note_faults(path.parent, error.faults[:_MOST_FAULTS])
        path.unlink(missing_ok=True)
        raise
    shutil.rmtree(path.parent, ignore_errors=True)
    return {
        "rows": result.rows,
        "aside": result.aside,
        "landed": result.landed,
        "batch": result.batch,
        "seconds": round(result.seconds, 3),
    }


def _ingest(
    payload: dict[str, Any], path: Path, now: datetime, progress: Callable[[int, int], None]
) -> IngestResult:
    mode: Mode = payload["mode"]
    return facade.ingest(
        payload["dataset"],
        path,
        mode=mode,
        strict=payload["strict"],
        by=payload["by"],
        now=now,
        progress=progress,
    )


def _note_faults(folder: Path, faults: tuple[Fault, ...]) -> None:
    """Keep what is wrong with a file beside it, for its sender: a job keeps the places only."""
    told = [[f.where, f.what.zh, f.what.en, f.mend.zh, f.mend.en] for f in faults]
    (folder / _FAULTS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def faults_of(job: JobInfo) -> list[Fault]:
    """Return what was wrong with a file, nothing once that is forgotten."""
    sent = str(job.payload["sent"])
    path = places.sent() / sent / _FAULTS
    if not (_ID.fullmatch(sent) and path.is_file()):
        return []
    return [
        Fault(where, Text(what, what_en), Text(mend, mend_en))
        for where, what, what_en, mend, mend_en in json.loads(path.read_text(encoding="utf-8"))
    ]


def job_of(dataset_id: str, job_id: int) -> JobInfo:
    """Return the job of a file that was sent for a dataset.

    :raises NotFound: there is none.
    """
    try:
        job = jobs.show(job_id)
    except NotFound:
        raise _gone() from None  # the same as for a job of something else
    if job.kind != KIND or job.payload.get("dataset") != dataset_id:
        raise _gone()
    return job


def _file(payload: dict[str, Any]) -> Path:
    sent, file = str(payload["sent"]), str(payload["file"])
    path = places.sent() / sent / file
    if not (_ID.fullmatch(sent) and path.is_file()):
        raise _gone()
    return path


def _gone() -> NotFound:
    return NotFound(
        Text("没有这个文件", "there is no such file"),
        Text("文件只保留一天，请重新上传", "files are kept for a day; send it again"),
    )


def _sweep(now: datetime) -> None:
    """Remove files whose job is over or never came to be."""
    for folder in places.sent().glob("sent-*"):
        live = any(
            job.state in (JobState.WAITING, JobState.RUNNING)
            for job in jobs.jobs(key=f"{KIND}:{folder.name}", limit=1)
        )
        since = datetime.fromtimestamp(folder.stat().st_mtime, now.tzinfo)
        if not live and since + uploads.KEPT < now:
            shutil.rmtree(folder, ignore_errors=True)

"""Further files (再次汇聚) of a dataset that a steward sends through the portal.

The file is kept in a folder of its own until its job has ended; the job brings it in as any other,
so a file that was sent twice lands once.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from duokua.jobs import facade as jobs
from duokua.jobs.facade import JobInfo, JobState
from duokua.kernel import environment
from duokua.kernel.errors import DuokuaError, Invalid, NotFound, Unavailable
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.values import IngestResult, Mode

KIND = "lake.ingest"
MOST_BYTES = 1 << 30
_KEPT = timedelta(days=1)
_ID = re.compile(r"sent-[0-9a-f]{20}")
_ODD = re.compile(r"[^\w.\-]")
_MOST_NAME = 80


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
    folder = _root() / sent
    folder.mkdir(parents=True, mode=0o700)
    try:
        file = _ODD.sub("_", Path(name).name)[-_MOST_NAME:].lstrip(".") or "file"
        _keep(folder / file, chunks)
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
    except DuokuaError:
        shutil.rmtree(path.parent, ignore_errors=True)
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
    path = _root() / sent / file
    if not (_ID.fullmatch(sent) and path.is_file()):
        raise _gone()
    return path


def _gone() -> NotFound:
    return NotFound(
        Text("没有这个文件", "there is no such file"),
        Text("文件只保留一天，请重新上传", "files are kept for a day; send it again"),
    )


def _root() -> Path:
    return environment.read().lake / ".sent"


def _keep(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise Invalid(
                    Text("文件超过 1 GiB", "the file is over 1 GiB"),
                    Text(
                        "请分成几个文件，或用 duokua data ingest",
                        "send it in parts, or use duokua data ingest",
                    ),
                )
            file.write(chunk)
    if not size:
        raise Invalid(
            Text("文件是空的", "the file is empty"),
            Text("请选择有内容的文件", "choose a file with rows"),
        )


def _sweep(now: datetime) -> None:
    """Remove files whose job is over or never came to be."""
    for folder in _root().glob("sent-*"):
        live = any(
            job.state in (JobState.WAITING, JobState.RUNNING)
            for job in jobs.jobs(key=f"{KIND}:{folder.name}", limit=1)
        )
        since = datetime.fromtimestamp(folder.stat().st_mtime, now.tzinfo)
        if not live and since + _KEPT < now:
            shutil.rmtree(folder, ignore_errors=True)

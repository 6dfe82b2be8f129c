"""Export jobs (批量导出任务) and their files, in the home and nowhere else, for a day.

A folder for each: ``job.json`` and, once it is whole, ``data``. What a killed gateway left unfinished
goes at the start; what has expired, or whose grant is gone, goes within a second.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from duokua.engine.manifest import replace_file, sync_folder
from duokua.kernel.ids import new_id
from duokua.serving.problems import Refusal

KEPT_S = 24 * 3600.0
MOST_OF_GRANT = 5  # jobs of one grant that are at work or kept
MOST_AT_WORK = 4  # of all grants; readers of streams need workers, too
LEAST_FREE = 1 << 30  # bytes of the disk that exports leave alone
RUNNING, DONE, FAILED = "running", "done", "failed"
_JOB, _DATA, _PART = "job.json", "data", "data.part"


@dataclass(slots=True)
class ExportJob:
    """One export; instants are seconds since 1970."""

    id: str
    interface: str
    grant: str
    format: str
    receipt: str
    as_of: str
    created: float
    state: str = RUNNING
    rows: int | None = None
    bytes: int = 0
    expires: float | None = None


class ExportStore:
    """The jobs of this gateway."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._jobs: dict[str, ExportJob] = {}
        self._ended: set[str] = set()
        for path in folder.iterdir():
            job = _read(path / _JOB)
            if job is None or job.state == RUNNING:
                shutil.rmtree(path, ignore_errors=True)
            else:
                self._jobs[job.id] = job

    def of_grant(self, interface: str, grant: str) -> list[ExportJob]:
        """Return the jobs of a grant, newest first."""
        found = [j for j in self._jobs.values() if (j.interface, j.grant) == (interface, grant)]
        return sorted(found, key=lambda job: job.created, reverse=True)

    def get(self, id_: str, interface: str, grant: str) -> ExportJob:
        """Return a job.

        :raises Refusal: ``not_found``, also for one of another grant.
        """
        job = self._jobs.get(id_)
        if job is None or (job.interface, job.grant) != (interface, grant):
            raise Refusal("not_found")
        return job

    def admit(self, interface: str, grant: str, at_work: int) -> None:
        """Refuse a further job when there are enough, or little room on the disk.

        ``at_work`` counts those whose rows are being read, also of jobs that were removed.

        :raises Refusal: ``exports_full``, ``overloaded`` or ``unavailable``.
        """
        if len(self.of_grant(interface, grant)) >= MOST_OF_GRANT:
            raise Refusal("exports_full", retry_after=600)
        if at_work >= MOST_AT_WORK:
            raise Refusal("overloaded", retry_after=5)
        if shutil.disk_usage(self._folder).free < LEAST_FREE:
            raise Refusal("unavailable", part="disk", retry_after=600)

    def open(
        self, interface: str, grant: str, format_: str, **told: object
    ) -> tuple[ExportJob, FileIO]:
        """Begin a job; ``told`` are its receipt, ``as_of`` and when it was created.

        Return it with the file into which its rows go.

        :raises OSError: the disk does not take it; nothing is left of it.
        """
        job = ExportJob(new_id("export"), interface, grant, format_, **told)  # type: ignore[arg-type]
        folder = self._folder / job.id
        try:
            folder.mkdir(mode=0o700)
            self._write(job)
            file = self.part(job).open("wb", buffering=0)
            self.part(job).chmod(0o600)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._jobs[job.id] = job
        return job, file

    def part(self, job: ExportJob) -> Path:
        """Return where the file of a job at work is written."""
        return self._folder / job.id / _PART

    def data(self, job: ExportJob) -> Path:
        """Return the file of a job that is done."""
        return self._folder / job.id / _DATA

    def finish(self, job: ExportJob, rows: int | None, now: float) -> None:
        """Keep the file of a job, which is whole and synced; without ``rows`` it failed.

        A failed one has no file, and of one that was removed or erased meanwhile nothing comes back.
        """
        job.expires = now + KEPT_S
        if rows is not None and not self._kept(job):
            rows = None
        job.state, job.rows = (DONE, rows) if rows is not None else (FAILED, None)
        if rows is None:
            self.part(job).unlink(missing_ok=True)
        if job.id in self._jobs and (self._folder / job.id).is_dir():
            self._write(job)

    def _kept(self, job: ExportJob) -> bool:
        try:
            self.part(job).replace(self.data(job))
            sync_folder(self._folder / job.id)
        except OSError:
            return False
        return True

    def remove(self, job: ExportJob) -> None:
        """Delete a job and its file."""
        self._jobs.pop(job.id, None)
        shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def sweep(self, live: Callable[[str], bool], now: float) -> None:
        """Delete what has expired, and what belongs to a grant that is not live any more.

        A grant that changes this moment looks as if it were gone: it has to be so twice.
        """
        ended = {job.id for job in self._jobs.values() if not live(job.grant)}
        for job in list(self._jobs.values()):
            past = job.expires is not None and now >= job.expires
            if past or job.id in ended & self._ended:
                self.remove(job)
        self._ended = ended

    def _write(self, job: ExportJob) -> None:
        replace_file(self._folder / job.id / _JOB, json.dumps(asdict(job)).encode())


def forget_exports(folder: Path, interfaces: set[str]) -> int:
    """Delete the files of every export of some interfaces, as rows were erased; return how many."""
    gone = 0
    for path in _folders(folder):
        job = _read(path / _JOB)
        if job is not None and job.interface in interfaces:
            shutil.rmtree(path, ignore_errors=True)
            gone += 1
    return gone


def _folders(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from (Path(entry.path) for entry in entries if entry.is_dir())


def _read(path: Path) -> ExportJob | None:
    try:
        return ExportJob(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None

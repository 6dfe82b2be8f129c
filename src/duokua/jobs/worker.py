"""A worker (任务执行进程): claims jobs, runs their handlers, keeps their leases meanwhile."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import Error, close_old_connections, connection

from duokua.jobs import actions, handlers, lease, nudge
from duokua.jobs.handlers import LeaseLost, Stopped
from duokua.jobs.values import JobError, JobInfo
from duokua.kernel.errors import DuokuaError, Unavailable
from duokua.kernel.text import Text

LEASE_S = 30.0
BEAT_S = 2.0
IDLE_S = 1.0
_NOTE_S = 5.0  # how often a worker tells that it lives
_PRUNE_S = 3600.0
_MOST_PLACES = 20
_UNEXPECTED = Text("任务意外中断", "the job ended unexpectedly")
_LOOK = Text("请查看 jobs 日志", "see the log of jobs")
_log = logging.getLogger("duokua.jobs")
Clock = Callable[[], datetime]


@dataclass(slots=True)
class Held:
    """A job under this worker's lease, kept by a thread of its own while its handler runs."""

    job: JobInfo
    clock: Clock
    stopping: threading.Event
    lease_s: float = LEASE_S
    beat_s: float = BEAT_S
    done: int = 0
    total: int = 0
    lost: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        """Note how far the handler is.

        :raises LeaseLost: the job belongs to another.
        :raises Stopped: the worker is ending.
        """
        self.done, self.total = done, total
        if self.lost.is_set():
            raise LeaseLost
        if self.stopping.is_set():
            raise Stopped

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock()

    def keep(self) -> None:
        """Renew the lease until the handler has ended or the job is another's."""
        try:
            while not self.ended.wait(self.beat_s):
                if not self._beat():
                    self.lost.set()
                    return
        finally:
            connection.close()

    def _beat(self) -> bool:
        told = {"done": self.done, "total": self.total}
        try:
            return lease.beat(self.job, lease_s=self.lease_s, now=self.clock(), **told)
        except Error:  # a database that answers late; the lease outlasts several beats
            _log.exception("the lease could not be renewed", extra={"job": self.job.id})
            connection.close()
            return True


def run(held: Held) -> None:
    """Run a claimed job to its end and note it, unless the job was lost meanwhile."""
    keeper = threading.Thread(target=held.keep, name=f"lease-{held.job.id}", daemon=True)
    keeper.start()
    try:
        _run(held)
    finally:
        held.ended.set()
        keeper.join()


def _run(held: Held) -> None:
    job = held.job
    try:
        result = handlers.handler_of(job.kind)(held)
    except LeaseLost:
        _log.warning("job %s was lost to another", job.id)
    except Stopped:
        lease.release(job, now=held.now())
    except DuokuaError as error:
        passing = isinstance(error, Unavailable)
        lease.fail(job, error_of(error), passing=passing, now=held.now())
        _log.warning("job %s (%s) failed: %s", job.id, job.kind, error.code)
    except Exception as error:  # whatever a handler does, the worker goes on
        # Where it happened, but not its message: a driver's may hold a row's values.
        where = " < ".join(
            f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[::-1]
        )
        _log.error("job %s (%s): %s in %s", job.id, job.kind, type(error).__name__, where)
        unexpected = JobError("unexpected", _UNEXPECTED, _LOOK)
        lease.fail(job, unexpected, passing=True, now=held.now())
    else:
        lease.complete(job, result, done=held.done, total=held.total, now=held.now())


def error_of(error: DuokuaError) -> JobError:
    """Return what a job keeps of an error: where, but no values, which may be personal."""
    places = tuple(fault.where for fault in error.faults[:_MOST_PLACES])
    return JobError(error.code, error.what, error.mend, places)


@dataclass(slots=True)
class Worker:
    """Runs jobs on some threads (``seats``) until ``stopping``; ``beat`` is called every few seconds."""

    name: str
    clock: Clock
    stopping: threading.Event
    beat: Callable[[], None]
    seats: int = 2
    beat_s: float = BEAT_S

    def run(self) -> None:
        """Work until told to stop; on return every job was ended or given back."""
        seats = [
            threading.Thread(target=self._sit, name=f"seat-{number}", args=(number,), daemon=True)
            for number in range(self.seats)
        ]
        for seat in seats:
            seat.start()
        self._tend()
        for seat in seats:
            seat.join()
        self._guarded(partial(lease.forget_worker, self.name))

    def _sit(self, number: int) -> None:
        owner = f"{self.name}/{number}"
        while not self.stopping.is_set():
            seen = nudge.sign()  # before the look: what comes after it wakes the seat
            if not self._guarded(partial(self._one, owner)):
                nudge.wait(self.stopping, seen, IDLE_S)
        connection.close()

    def _one(self, owner: str) -> bool:
        job = lease.claim(owner, kinds=handlers.kinds(), lease_s=LEASE_S, now=self.clock())
        if job is not None:
            run(Held(job, self.clock, self.stopping, LEASE_S, self.beat_s))
        return job is not None

    def _tend(self) -> None:
        """Bring in what is due, tell that this worker lives, and forget what is old."""
        started = noted = pruned = self.clock()
        self._note(started, started)
        while not self.stopping.wait(IDLE_S):
            now = self.clock()
            self._guarded(partial(actions.fire_due, now))
            if (now - noted).total_seconds() >= _NOTE_S:
                noted = now
                self._note(started, now)
            if (now - pruned).total_seconds() >= _PRUNE_S:
                pruned = now
                self._guarded(partial(lease.prune, now))

    def _note(self, started: datetime, now: datetime) -> None:
        self.beat()
        self._guarded(partial(lease.note_worker, self.name, started_at=started, now=now))

    def _guarded(self, step: Callable[[], object]) -> bool:
        try:
            close_old_connections()
            return bool(step())
        except Error:  # the database is away; it comes back
            _log.exception("the queue does not answer")
            connection.close()
            return False

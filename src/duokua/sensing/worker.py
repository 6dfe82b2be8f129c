"""The intake (感知接收进程): takes events in as they come, shows them, lands them, watches devices."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import close_old_connections, connection

from duokua.engine.lock import exclusive
from duokua.kernel import environment
from duokua.sensing.actions.dropping import take_files
from duokua.sensing.actions.landing import Landing
from duokua.sensing.actions.registering import publish_all
from duokua.sensing.actions.taking import Intake, signs
from duokua.sensing.actions.watching import watch

PAUSE_S = 0.05  # between two looks at logs in which nothing has come
_AGAIN_S = 1.0
_FILES_S = 0.25
_LAND_S = 0.5
_WATCH_S = 5.0
_FORGET_S = 60.0
_log = logging.getLogger("duokua.sensing")


@dataclass(slots=True)
class Worker:
    """Works until ``stopping``; ``beat`` is called every few seconds."""

    clock: Callable[[], datetime]
    stopping: threading.Event
    beat: Callable[[], None]

    def run(self) -> None:
        """Work; what fails is tried again, as long as it takes."""
        with exclusive(lock()):
            self._run()

    def _run(self) -> None:
        course = _Course(self.clock, self.beat)
        while not self.stopping.is_set():
            try:
                busy = course.turn()
            except Exception as error:  # a disk or database comes back; the logs hold what has come
                place = traceback.extract_tb(error.__traceback__)[-1]  # its text may hold a value
                _log.error("the intake waits: %s in %s", type(error).__name__, place.name)
                connection.close()
                course.close()
                course = _Course(self.clock, self.beat)
                self.beat()
                self.stopping.wait(_AGAIN_S)
            else:
                if not busy:
                    self.stopping.wait(PAUSE_S)
        course.close()


class _Course:
    """What the intake does in turn; while nothing comes it asks the database seldom."""

    def __init__(self, clock: Callable[[], datetime], beat: Callable[[], None]) -> None:
        self._clock, self._beat = clock, beat
        self._intake, self._landing = Intake(), Landing()
        self._done: dict[str, float] = {}
        self._sign: object = None
        self._started = False
        self._busy_at = 0.0

    def turn(self) -> bool:
        """Do what there is to do now; return whether anything had come."""
        ticks = time.monotonic()
        if self._due("files", _FILES_S, ticks):
            take_files(self._clock())
        sign = signs()
        came = sign != self._sign or not self._started
        if came:
            close_old_connections()
            self._start()
            taken = self._intake.take(self._clock())
            self._sign = None if taken else sign  # of many only some are taken at once
            self._landing.show()
            self._busy_at = ticks if taken else self._busy_at
        elif self._busy_at and ticks - self._busy_at >= _AGAIN_S:
            self._busy_at = 0.0
            self._landing.tell_again()
        self._tend(ticks)
        return came

    def close(self) -> None:
        """Release the live feeds."""
        self._landing.close()

    def _start(self) -> None:
        if not self._started:
            publish_all()
            self._landing.catch_up()
            self._intake.start()
            self._started = True

    def _tend(self, ticks: float) -> None:
        now = self._clock()
        if self._due("beat", 1.0, ticks):
            self._beat()
        if self._due("land", _LAND_S, ticks):
            self._landing.land(now)
        if self._due("watch", _WATCH_S, ticks):
            watch(now)
        if self._due("forget", _FORGET_S, ticks):
            self._landing.forget(now)

    def _due(self, what: str, every_s: float, ticks: float) -> bool:
        if ticks - self._done.get(what, -every_s) < every_s:
            return False
        self._done[what] = ticks
        return True


def step(now: datetime) -> None:
    """Take in, show and land whatever there is, once."""
    with exclusive(lock()):
        intake, landing = Intake(), Landing()
        landing.catch_up()
        intake.start()
        take_files(now)
        intake.take(now)
        landing.show()
        landing.land(now + timedelta(days=1), at_once=True)
        watch(now)
        landing.close()


def lock() -> Path:
    """Return the file that the one intake holds."""
    path = environment.read().home / "run" / "intake.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path

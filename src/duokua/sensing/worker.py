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
from duokua.sensing.actions.taking import Intake
from duokua.sensing.actions.watching import watch

PAUSE_S = 0.05  # between two looks at logs in which nothing has come
_AGAIN_S = 1.0
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
        intake, landing = Intake(), Landing()
        started = False
        watched = forgotten = beaten = last = 0.0
        while not self.stopping.is_set():
            try:
                close_old_connections()
                if not started:
                    publish_all()
                    landing.catch_up()
                    intake.start()
                    started = True
                now, ticks = self.clock(), time.monotonic()
                take_files(now)
                busy = bool(intake.take(now)) | bool(landing.show())
                landing.land(now)
                if ticks - watched >= _WATCH_S:
                    watched = ticks
                    watch(now)
                if ticks - forgotten >= _FORGET_S:
                    forgotten = ticks
                    landing.forget(now)
                if ticks - beaten >= 1.0:
                    beaten = ticks
                    self.beat()
                if busy:
                    last = ticks
                elif last and ticks - last >= _AGAIN_S:
                    landing.tell_again()
                    last = 0.0
                if not busy:
                    self.stopping.wait(PAUSE_S)
            except Exception as error:  # a disk or database comes back; the logs hold what has come
                place = traceback.extract_tb(error.__traceback__)[-1]  # its text may hold a value
                _log.error("the intake waits: %s in %s", type(error).__name__, place.name)
                connection.close()
                self.beat()
                self.stopping.wait(_AGAIN_S)
        landing.close()


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

"""``python -m duokua.project.job_worker``: runs the jobs of the queue, one process of two seats."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from pathlib import Path

from duokua.kernel import beats, clock, environment
from duokua.kernel.processes import die_with_parent, stand_back

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")

_NICENESS = 12  # behind pages and calls
_GRACE_S = 15.0  # below the supervisor's patience


def main() -> None:
    """Work until SIGTERM; a job that does not stop in time is left to its lease."""
    die_with_parent()
    stand_back(_NICENESS)
    sign = environment.read().job_sign
    beats.beat(sign)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(stopping, sign))
    import django

    django.setup(set_prefix=False)
    from duokua.jobs.worker import Worker

    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    worker = Worker(name, clock.now, stopping, beat=lambda: beats.beat(sign))
    logging.getLogger("duokua.jobs").info("worker ready", extra={"worker": name})
    worker.run()
    sign.unlink(missing_ok=True)


def _stop(stopping: threading.Event, sign: Path) -> None:
    if stopping.is_set():
        return
    stopping.set()
    end = threading.Timer(_GRACE_S, _leave, args=(sign,))
    end.daemon = True
    end.start()


def _leave(sign: Path) -> None:
    sign.unlink(missing_ok=True)
    os._exit(0)  # its lease runs out and another worker starts the job again


if __name__ == "__main__":
    main()

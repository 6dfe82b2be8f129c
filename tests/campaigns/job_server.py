"""A worker whose handler notes in a file what it does; run by ``test_job_kill.py``.

``job_server.py work HOME`` works until SIGTERM with a short lease; ``set_up`` makes the
database and ``bring N`` brings in so many jobs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import django

KIND = "test.note"
LEASE_S = 3.0
STEPS = 25


def note(home: Path, word: str, job: int, fence: int) -> None:
    """Append one line, whole, to the diary: what, of which job and fence, and who notes it."""
    handle = os.open(home / "diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word} {job} {fence} {os.getpid()}\n".encode())
    os.close(handle)


def work(home: Path) -> None:
    """Run jobs until told to stop."""
    from duokua.jobs import facade as jobs
    from duokua.jobs import worker
    from duokua.kernel import clock
    from duokua.kernel.text import Text

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    def handle(held: jobs.Work) -> dict[str, object]:
        note(home, "begin", held.job.id, held.job.fence)
        for step in range(STEPS):
            stopping.wait(0.02)  # the work itself takes a moment
            held.progress(step, STEPS)
            note(home, "step", held.job.id, held.job.fence)
        return {"fence": held.job.fence}

    jobs.register(KIND, handle, Text("记", "note"))
    worker.LEASE_S, worker.IDLE_S = LEASE_S, 0.05
    print("ready", flush=True)
    worker.Worker(f"w{os.getpid()}", clock.now, stopping, beat=lambda: None, beat_s=0.2).run()


def set_up(_: Path) -> None:
    """Make the database."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def bring(_: Path) -> None:
    """Bring in jobs."""
    from duokua.jobs import facade as jobs

    for _ in range(int(sys.argv[3])):
        jobs.enqueue(KIND, {}, by="kill", now=datetime.now(UTC), most_attempts=1000)  # noqa: TID251


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")
    django.setup()
    {"work": work, "set_up": set_up, "bring": bring}[sys.argv[1]](Path(sys.argv[2]))

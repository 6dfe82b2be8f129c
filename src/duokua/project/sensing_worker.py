"""``python -m duokua.project.sensing_worker``: takes events in, one process for all doors."""

from __future__ import annotations

import logging
import os
import signal
import threading

from duokua.kernel import beats, clock, environment
from duokua.kernel.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")


def main() -> None:
    """Work until SIGTERM; what is under way is done or not done, never half."""
    die_with_parent()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sign = environment.read().intake_sign
    beats.beat(sign)
    import django

    django.setup(set_prefix=False)
    from duokua.sensing.worker import Worker

    logging.getLogger("duokua.sensing").info("intake ready")
    Worker(clock.now, stopping, beat=lambda: beats.beat(sign)).run()
    sign.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

"""An intake that may be killed; run by ``test_intake_kill.py``.

``intake_server.py set_up HOME`` makes the database and the stream, ``work HOME`` takes events in.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import django


def set_up() -> None:
    """Make a district with the stream and its cranes."""
    from django.core.management import call_command

    from sensing_world import make_stream

    call_command("migrate", interactive=False, verbosity=0)
    make_stream()


def work() -> None:
    """Take events in until killed; batches land quickly, so that kills meet them too."""
    from duokua.kernel import clock
    from duokua.sensing.actions import landing
    from duokua.sensing.worker import Worker

    landing.LAND_S = 0.3
    print("ready", flush=True)
    Worker(clock.now, threading.Event(), beat=lambda: None).run()


if __name__ == "__main__":
    verb, home = sys.argv[1], Path(sys.argv[2])
    os.environ["DUOKUA_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
    django.setup(set_prefix=False)
    {"set_up": set_up, "work": work}[verb]()

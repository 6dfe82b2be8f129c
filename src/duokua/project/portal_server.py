"""``python -m duokua.project.portal_server``: the portal on its Unix socket, under granian."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from duokua.kernel.processes import die_with_parent, stand_back

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")

_THREADS = 8
_NICENESS = 10  # pages wait a little for programs, never the other way round


def prepare() -> None:
    """Compile messages and bring the collected static files up to date."""
    import django
    from django.core.management import call_command

    django.setup(set_prefix=False)
    call_command("check", "--fail-level", "ERROR", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def load() -> WSGIHandler:
    """Return the WSGI application; called once in the worker, which also follows the ledger."""
    die_with_parent()
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    from duokua.portal import follower  # after Django is set up

    _keep_loaded()
    follower.start()
    return application


def _keep_loaded() -> None:
    """Load every page's code and leave it out of the search for garbage from now on.

    Looking through all of it takes a sixth of a second, and long lists bring that about every few
    pages.
    """
    from django.urls import get_resolver

    len(get_resolver().url_patterns)  # imports all views
    gc.collect()
    gc.freeze()


def main() -> None:
    """Serve until a signal ends it; start-up errors end it at once with a sentence."""
    die_with_parent()
    prepare()
    stand_back(_NICENESS)
    from django.conf import settings
    from granian.constants import Interfaces
    from granian.server import Server

    from duokua.kernel import environment

    socket = environment.read().portal_socket
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)  # left behind by a crash
    Server(
        "duokua.project.portal_server:load",
        factory=True,
        uds=socket,
        uds_permissions=0o600,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        websockets=False,
        respawn_failed_workers=False,
        log_dictconfig=settings.LOGGING,
    ).serve()


if __name__ == "__main__":
    main()

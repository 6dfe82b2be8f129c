"""A district with requests to be provisioned, and workers that may be killed while they do it.

``provision_server.py VERB HOME …``: ``set_up``; ``bring N`` approves so many requests; ``work [PLACE]``
runs a worker, which kills itself at the first call of the function at PLACE; ``race N`` lets eight
threads approve and provision the same requests; ``mend``; ``state`` prints what stands as JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

LEASE_S = 0.6
THREADS = 8
PATIENCE_S = 60.0  # of a thread that waits for the others


def set_up(home: Path) -> None:
    """Make database, people, data and interfaces."""
    from django.core.management import call_command

    from granted import land
    from store_world import put_on_show, register
    from unit.store.district import settle

    call_command("migrate", interactive=False, verbosity=0)
    settle()
    contract = register("water", steward="steward")
    put_on_show(contract)
    land(contract, home)


def _agreed(count: int) -> list[Any]:
    from duokua.exchange import facade as exchange
    from duokua.store.models import Request
    from granted import CRANES, agreed
    from store_world import NOW

    first, rows = Request.objects.count(), []
    for number in range(first, first + count):
        client, secret = exchange.create_client(
            title=f"p{number}", department="health", by="user", now=NOW
        )
        row = agreed("crew_list", client=client.id, row_filter=CRANES, number=number)
        print(json.dumps({"request": row.id, "client": client.id, "secret": secret}), flush=True)
        rows.append(row)
    return rows


def bring(_: Path, count: str) -> None:
    """Approve so many requests."""
    from duokua.kernel import clock
    from duokua.store.actions import provision

    for row in _agreed(int(count)):
        provision.start(row, by="steward", now=clock.now())


def work(_: Path, place: str = "") -> None:
    """Run jobs until told to stop, or until killed at PLACE."""
    from duokua.jobs import worker
    from duokua.kernel import clock

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    if place:
        module, name = place.rsplit(".", 1)
        setattr(importlib.import_module(module), name, _deadly)
    worker.LEASE_S, worker.IDLE_S = LEASE_S, 0.05
    print("ready", flush=True)
    worker.Worker(f"w{os.getpid()}", clock.now, stopping, beat=lambda: None, beat_s=0.1).run()


def _deadly(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def race(_: Path, count: str) -> None:
    """Let eight threads approve and provision the same requests at once."""
    from django.db import connection

    from duokua.kernel import clock
    from duokua.kernel.errors import Conflict
    from duokua.store.actions import provision
    from duokua.store.models import Request

    ids = [row.id for row in _agreed(int(count))]
    begin = threading.Barrier(THREADS)
    failed: list[BaseException] = []

    def run(by: str) -> None:
        try:
            for request in ids:
                begin.wait(PATIENCE_S)
                with contextlib.suppress(Conflict):  # somebody else was first
                    provision.start(Request.objects.get(id=request), by=by, now=clock.now())
                begin.wait(PATIENCE_S)
                provision.carry_out(request, by=by, now=clock.now())
        except BaseException as error:
            failed.append(error)
            begin.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(f"w{n}",)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def mend(_: Path) -> None:
    """Do what the regular care does."""
    from duokua.kernel import clock
    from duokua.store.facade import using

    using.mend(clock.now())


def state(_: Path) -> None:
    """Print requests with their grants and probes, and how far gateways are from the database."""
    from duokua.exchange import facade as exchange
    from duokua.exchange.models import Grant
    from duokua.store.models import Event, Probe, Request

    told = {
        "requests": dict(Request.objects.values_list("id", "state")),
        "linked": dict(Request.objects.values_list("id", "grant")),
        "grants": dict(Grant.objects.values_list("id", "state")),
        "probes": list(Probe.objects.values_list("request", "grant", "passed", "checks")),
        "begun": list(
            Event.objects.filter(verb="store.request.in_use").values_list("request", flat=True)
        ),
        "approved": list(
            Event.objects.filter(verb="store.request.provisioning").values_list(
                "request", flat=True
            )
        ),
        "drift": exchange.policy_drift(),
    }
    print(json.dumps(told))


VERBS: dict[str, Callable[..., None]] = {
    "set_up": set_up, "bring": bring, "work": work, "race": race, "mend": mend, "state": state,
}  # fmt: skip

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
    django.setup(set_prefix=False)
    VERBS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])

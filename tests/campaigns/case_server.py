"""Cases under processes that die and clocks that jump; run by the campaigns of cases.

``set_up HOME``, ``race HOME COUNT`` and ``serve HOME``: which has everything imported
and forks a child for each line of its input and tells its process id: ``find COUNT`` (finds until
every subject has its case), ``work`` (watches clocks until SIGTERM) or ``state``. ``wait PID`` tells
how a child ended; what it printed stands in the file ``told-PID``. The clock of all of them is that
of the machine plus what stands in the file ``offset`` of the home.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

PATIENCE_S = 120.0  # of a thread that waits for the others
LEASE_S = 3.0


def now_of(home: Path) -> datetime:
    """Return the present instant by the clock that jumps."""
    try:
        offset = float((home / "offset").read_text())
    except (OSError, ValueError):
        offset = 0.0
    return datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=offset)


def pack() -> Any:
    """Return a scenario whose limits are over in seconds."""
    from duokua.lang.scenario.level import Level
    from duokua.lang.scenario.playbook import Rung
    from loop_world import ALONE, span, with_playbook

    limits = {"accept": span("2s"), "dispose": span("1d"), "verify": span("1d")}
    ladder = (Rung("accept", span("3s"), (), "head"), Rung("accept", span("4s"), (), "command"))
    tasks = (replace(ALONE.tasks[0], asks=()),)
    book = replace(ALONE, clocks={Level.RED: limits}, ladder=ladder, tasks=tasks)
    return with_playbook(book)


def know(found: Any) -> None:
    """Let this process know the scenario, which has no files."""
    from duokua.loop.models import Ruleset
    from duokua.loop.selectors import packs

    for digest in Ruleset.objects.values_list("digest", flat=True):
        packs.remember(digest, found)


def set_up(home: Path) -> None:
    """Make database and people."""
    from django.core.management import call_command

    from loop_world import settle

    call_command("migrate", interactive=False, verbosity=0)
    settle(pack())


def serve(home: Path) -> None:
    """Fork a child for each line of the input."""
    # The children find it imported.
    import duokua.jobs.worker
    import duokua.loop.actions.cases
    import duokua.loop.clock_jobs  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        verb, *more = line.split()
        if verb == "wait":
            _, status = os.waitpid(int(more[0]), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            _be(verb, home, *more)


def _be(verb: str, home: Path, *more: str) -> None:
    """Be a child to its end."""
    code = 1
    try:
        into = os.open(home / f"told-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(into, 1)
        {"find": find, "work": work, "state": state}[verb](home, *more)
        sys.stdout.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def find(home: Path, count: str) -> None:
    """Find every subject, one run each: finding and case are there together or not at all."""
    from django.db import transaction

    from duokua.lang.scenario.level import Level
    from duokua.loop.actions.cases import follow
    from duokua.loop.models import Finding
    from loop_world import found

    known = pack()
    know(known)
    for number in range(int(count)):
        subject = json.dumps([f"S{number}"])
        with transaction.atomic():
            if not Finding.objects.filter(subject=subject, state="open").exists():
                now = now_of(home)
                follow([found(subject, Level.RED, now=now)], pack=known, now=now)


def work(home: Path) -> None:
    """Watch clocks until told to stop."""
    from duokua.jobs import facade as jobs
    from duokua.jobs import worker
    from duokua.loop import clock_jobs

    know(pack())
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    worker.LEASE_S, worker.IDLE_S = LEASE_S, 0.1
    now = now_of(home)
    jobs.schedule(clock_jobs.CLOCKS, clock_jobs.CLOCKS, {}, every_s=1, by="test", now=now)
    print("ready", flush=True)
    worker.Worker(
        f"w{os.getpid()}", lambda: now_of(home), stopping, beat=lambda: None, beat_s=0.2
    ).run()


def state(home: Path) -> None:
    """Print what stands."""
    from django.db import transaction

    from duokua.loop.models import Case, CaseEvent, Clock, Finding, Rung
    from duokua.notify.models import Message

    clocks = Clock.objects.filter(kind="accept").values_list("case__subject", "state", "warned")
    with transaction.atomic():  # all of one moment
        told = {
            "findings": list(Finding.objects.values_list("subject", "case")),
            "cases": list(Case.objects.values_list("subject", "id", "state")),
            "clocks": list(clocks),
            "rungs": list(Rung.objects.values_list("clock__case__subject", "at_rung")),
            "events": list(CaseEvent.objects.values_list("case__subject", "verb", "detail")),
            "messages": list(Message.objects.values_list("cause", "department", "role", "times")),
        }
    print(json.dumps(told))


def race(home: Path) -> None:
    """Let eight threads claim, accept, hand over and end the same cases at once."""
    from duokua.lang.scenario.level import Level
    from duokua.loop.actions.cases import follow
    from duokua.loop.models import Case, CaseEvent, Task
    from loop_world import NOW, found

    set_up(home)
    known = pack()
    know(known)
    count = int(sys.argv[3])
    names = [json.dumps([f"S{number}"]) for number in range(count)]
    follow([found(name, Level.RED) for name in names], pack=known, now=NOW)
    begun = dict(Task.objects.values_list("case__number", "id"))
    endings = _race([(number, begun[number]) for number in begun])
    told = {
        "endings": endings,
        "cases": list(Case.objects.values_list("number", "state", "revision")),
        "tasks": list(Task.objects.values_list("case__number", "state", "claimed_by")),
        "events": list(CaseEvent.objects.values_list("case__number", "verb", "by")),
    }
    print(json.dumps(told))


def _race(cases: list[tuple[str, int]]) -> dict[str, int]:
    from django.db import connection

    from duokua.kernel.errors import Conflict
    from duokua.lang.scenario.level import Level
    from duokua.loop.actions.cases import Act, perform
    from loop_world import NOW, answers, person

    hands = [
        ("fixer", "accept"), ("fixer_2", "accept"), ("fixer", "claim"), ("fixer_2", "claim"),
        ("fixer_head", "accept"), ("chief", "false_alarm"), ("chief", "cannot_judge"),
        ("owner_head", "cannot_judge"),
    ]  # fmt: skip
    people = {who: person(who) for who, _ in hands}
    begin, told, failed = threading.Barrier(8), Counter[str](), list[BaseException]()
    lock = threading.Lock()

    def run(at: int) -> None:
        who, verb = hands[at]
        try:
            for number, task in cases:
                begin.wait(PATIENCE_S)
                on = task if verb in ("accept", "claim") else None
                act = Act(verb, on, 0, "同时办理")  # as each of them saw it
                try:
                    perform(number, act, people[who], ask=answers(Level.NONE), now=NOW)
                    ending = "won"
                except Conflict as error:
                    named = any(name in error.what.en for name in people)
                    ending = "told" if named else error.what.en
                with lock:
                    told[ending] += 1
        except BaseException as error:
            failed.append(error)
            begin.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return told


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
    os.environ["DUOKUA_HOME"] = sys.argv[2]
    django.setup(set_prefix=False)
    does = {"set_up": set_up, "race": race, "serve": serve}
    does[sys.argv[1]](Path(sys.argv[2]))

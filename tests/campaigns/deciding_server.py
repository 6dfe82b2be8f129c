"""Eight threads decide the same requests: ``deciding_server.py HOME COUNT`` prints what came of it.

Two of them are stewards of the provider who agree, narrow or refuse; the others countersign, ask for
more time, or are the applicant who withdraws; all of them begin each request together.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import django

PATIENCE_S = 120.0  # of a thread that waits for the others


def set_up() -> None:
    """Make database, people and a resource."""
    from django.core.management import call_command

    from duokua.identity import facade as identity
    from store_deciding import PASSWORD, PEOPLE, settle

    call_command("migrate", interactive=False, verbosity=0)
    settle()
    for name in ("steward_3", "steward_4"):
        PEOPLE[name] = PEOPLE["steward"]
        identity.ensure_person(name, PASSWORD, name, name, *PEOPLE[name])


def waiting(count: int) -> list[str]:
    """Make requests that wait for provider, security officer and bureau: copies of one."""
    from duokua.kernel.ids import new_id
    from duokua.store.actions import decision
    from duokua.store.models import Request, Step
    from duokua.store.states.request import StepState
    from duokua.store.values.decision import Verdict
    from store_deciding import LIST, NOW, person, step, submitted

    first = submitted(LIST, "crew_list")
    for kind, who in (("signoff", "user_head"), ("compliance", "reviewer")):
        decision.decide(step(first, kind).id, Verdict(StepState.AGREED), person(who), now=NOW)
    first.refresh_from_db()
    steps, ids = list(Step.objects.filter(request=first)), []
    for _ in range(count):
        row = Request.objects.get(id=first.id)
        row.id = new_id("req")
        row.save(force_insert=True)
        for each in steps:
            each.pk, each.request = None, row
            each.save(force_insert=True)
        ids.append(row.id)
    assert first.state == "deciding"
    return ids


def hands(at: int) -> list[tuple[str, str, Any]]:
    """Who does what to the request of a number: a name, the step, and a verdict."""
    from duokua.store.states.request import StepState
    from duokua.store.values.decision import Verdict
    from duokua.store.values.narrowing import Narrowing

    agree = Verdict(StepState.AGREED)
    less = Verdict(StepState.NARROWED, "不必提供姓名", narrowing=Narrowing(frozenset({"name"})))
    no = Verdict(StepState.REFUSED, "超出职责所需", ground="not_needed_for_duty")
    back = Verdict(StepState.RETURNED, "请补充依据", fields=("basis",))
    odd = {0: no, 1: back}.get(at % 8, agree)
    return [
        ("steward", "provider", agree), ("steward_2", "provider", less),
        ("steward_3", "provider", odd), ("steward_4", "provider", agree),
        ("security", "security", agree), ("security", "security", agree),
        ("reviewer_2", "bureau", agree), ("reviewer_3", "bureau", agree),
    ]  # fmt: skip


def race(ids: list[str]) -> Counter[str]:
    """Let eight threads decide each request at once; return how often each ending came."""
    from django.db import connection

    from duokua.kernel.errors import Conflict
    from duokua.store.actions import decision, request_life
    from duokua.store.models import Request, Step
    from store_deciding import NOW, person

    names = ("steward", "steward_2", "steward_3", "steward_4", "security",
             "reviewer_2", "reviewer_3", "user")  # fmt: skip
    people = {name: person(name) for name in names}
    steps = {(row.request_id, row.kind): row.id for row in Step.objects.filter(request__in=ids)}
    begin, told, failed = threading.Barrier(8), Counter[str](), list[BaseException]()
    lock = threading.Lock()

    def act(number: int, at: int, id_: str) -> None:
        who, kind, verdict = hands(at)[number]
        if number == 5 and at % 4 == 3:
            request_life.withdraw(Request.objects.get(id=id_), people["user"], now=NOW)
        else:
            decision.decide(steps[id_, kind], verdict, people[who], now=NOW)

    def run(number: int) -> None:
        try:
            for at, id_ in enumerate(ids):
                begin.wait(PATIENCE_S)
                try:
                    act(number, at, id_)
                    ending = "won"
                except Conflict:
                    ending = "lost"
                with lock:
                    told[ending] += 1
        except BaseException as error:
            failed.append(error)
            begin.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return told


def state(ids: list[str]) -> dict[str, Any]:
    """Return what stands and what happened."""
    from duokua.jobs import facade as jobs
    from duokua.store.models import Event, Request, Step

    begun = jobs.jobs(kind="store.provision", limit=100_000)
    return {
        "requests": dict(Request.objects.filter(id__in=ids).values_list("id", "state")),
        "decided": dict(Request.objects.filter(id__in=ids).values_list("id", "decided")),
        "steps": list(
            Step.objects.filter(request__in=ids).values_list(
                "request", "kind", "state", "decided_by", "revision"
            )
        ),
        "events": list(
            Event.objects.filter(request__in=ids).values_list("request", "verb", "by", "detail")
        ),
        "jobs": [job.payload["request"] for job in begun],
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
    os.environ["DUOKUA_HOME"] = str(Path(sys.argv[1]))
    django.setup(set_prefix=False)
    set_up()
    found = waiting(int(sys.argv[2]))
    endings = race(found)
    print(json.dumps({**state(found), "endings": endings}))

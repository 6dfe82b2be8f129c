"""A process that has everything imported and forks one erasing child for each line it is told.

Run by ``test_erase_kill.py``. A child erases one subject after the other; it goes on with what a
killed one had begun. It prints its process id first.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

SUBJECTS = 60
ROWS_EACH = 3
DATASET, DERIVED, INTERFACE = "visit", "noted", "visit_by_id"
NOW = datetime(2026, 5, 6, tzinfo=UTC)
KEEPER = SUBJECTS  # is never erased


def canary(subject: int) -> str:
    """Return what marks the rows of a subject and nothing else."""
    return f"zz{subject:03d}canary"


def number(subject: int) -> str:
    """Return the number of a subject in its dataset."""
    return f"N{subject:03d}X"


def set_up(home: Path) -> None:
    """Make the database, two datasets, an interface, and rows in several batches."""
    from django.core.management import call_command

    from contracts import visit_contracts, visit_interface
    from duokua.exchange import facade as exchange
    from duokua.identity import facade as identity
    from duokua.lake import facade as lake

    call_command("migrate", interactive=False, verbosity=0)
    identity.ensure_department("health", "卫健局", "Health")
    for text in visit_contracts():
        lake.register(text, by="kill", now=NOW)
    exchange.publish_interface(visit_interface(), source="i.yaml", by="kill", now=NOW)
    for batch in range(ROWS_EACH):
        path = home / "batch.csv"
        lines = [
            f"{canary(at)}-{batch},{number(at)},{canary(at)},{'never' if at % 5 == batch else ''}"
            for at in range(SUBJECTS + 1)
        ]
        path.write_text("id,person,note,day\n" + "\n".join(lines) + "\n")
        lake.ingest(DATASET, path, batch=f"b{batch}", by="kill", now=NOW)
        path.unlink()
    lake.refresh_derived(DERIVED, by="kill", now=NOW)


def erase_for_ever() -> None:
    """Erase what was begun, then subject after subject."""
    from duokua.lake import facade as lake

    while True:
        asked = lake.erasures(viewer=None, limit=10_000)
        todo = [each for each in asked if not each.done]
        if not todo:
            subject = lake.whom("own", number(len(asked)))
            todo = [
                lake.ask_erasure(
                    subject, datasets=(DATASET,), reason="r", basis="b", viewer=None, by="kill",
                    now=NOW,
                )
            ]  # fmt: skip
        lake.carry_out_erasure(todo[0].id, by="kill", now=NOW)


def serve(home: Path) -> None:
    """Fork a child for each line of the input and tell when it has ended."""
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            print(os.getpid(), flush=True)
            erase_for_ever()
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def erase_one(home: Path) -> None:
    """Erase the first subject."""
    from duokua.lake import facade as lake

    subject = lake.whom("own", number(0))
    told = {"reason": "r", "basis": "b", "viewer": None, "by": "test", "now": NOW}
    asked = lake.ask_erasure(subject, datasets=(DATASET,), **told)
    lake.carry_out_erasure(asked.id, by="test", now=NOW)
    tell(home)


def finish(home: Path) -> None:
    """Finish what the kills cut short and tell what there is."""
    from duokua.lake import facade as lake

    for each in lake.erasures(viewer=None, limit=10_000):
        lake.carry_out_erasure(each.id, by="kill", now=NOW)
    tell(home)


def tell(home: Path) -> None:
    """Tell how many erasures are done and how many are under way."""
    from duokua.lake import facade as lake

    asked = lake.erasures(viewer=None, limit=10_000)
    done = sum(each.done for each in asked)
    print(json.dumps({"asked": len(asked), "done": done, "rows": lake.describe(DATASET).rows}))


if __name__ == "__main__":
    django.setup()
    import duokua.exchange.facade
    import duokua.lake.facade  # noqa: F401 - the children find it imported

    verbs = {
        "serve": serve,
        "set_up": set_up,
        "finish": finish,
        "erase_one": erase_one,
        "tell": tell,
    }
    verbs[sys.argv[1]](Path(sys.argv[2]))

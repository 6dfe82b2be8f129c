"""A process that has everything imported and forks one ingesting child for each line it is told.

Run by ``test_ingest_kill.py``. A child repeats: read the next batch number from the file of
acknowledgements, ingest that batch, write the number after it. It prints its process id first.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

ROWS = 40
ASIDE = 2  # rows of each batch that break the contract
DATASET = "flow"
ACKNOWLEDGED = "acknowledged"
NOW = datetime(2026, 5, 6, tzinfo=UTC)


def is_upsert(number: int) -> bool:
    """Tell whether a batch also brings the last row of the one before it once more."""
    return number % 3 == 2


def batch_text(number: int) -> str:
    """Return the file of a batch: its rows, good and bad, are known from its number."""
    first = number * ROWS
    lines = [
        f"{at},{at % 7}.5,{'' if at % 5 == 0 else f'n{at}'}"
        for at in range(first - is_upsert(number), first + ROWS)
    ]
    lines += [f"bad {number} {at},1,x" for at in range(ASIDE)]
    return "id,value,name\n" + "\n".join(lines) + "\n"


def acknowledge(home: Path, number: int) -> None:
    """Note durably that every batch below ``number`` has landed."""
    fresh = home / f"{ACKNOWLEDGED}.tmp"
    with fresh.open("w") as file:
        file.write(str(number))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home / ACKNOWLEDGED)


def ingest_for_ever(home: Path) -> None:
    """Ingest one batch after the other."""
    from duokua.lake import facade as lake

    while True:
        number = int((home / ACKNOWLEDGED).read_text())
        path = home / f"batch-{os.getpid()}.csv"
        path.write_text(batch_text(number))
        mode: lake.Mode = "upsert" if is_upsert(number) else "append"
        lake.ingest(DATASET, path, batch=f"b{number}", mode=mode, by="kill", now=NOW)
        acknowledge(home, number + 1)


def serve(home: Path) -> None:
    """Fork a child for each line of the input and tell when it has ended."""
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            print(os.getpid(), flush=True)
            ingest_for_ever(home)
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def set_up(home: Path) -> None:
    """Make the database, the dataset and an interface on it."""
    from django.core.management import call_command

    from contracts import flow_contract, flow_interface
    from duokua.exchange import facade as exchange
    from duokua.identity import facade as identity
    from duokua.lake import facade as lake

    call_command("migrate", interactive=False, verbosity=0)
    identity.ensure_department("water", "水务局", "Water")
    lake.register(flow_contract(), by="kill", now=NOW)
    exchange.publish_interface(flow_interface(), source="i.yaml", by="kill", now=NOW)
    acknowledge(home, 0)


def start_again(home: Path) -> None:
    """Mend what the kills left and tell what the catalogue says."""
    from duokua.exchange import facade as exchange
    from duokua.lake import facade as lake

    lake.reconcile()
    exchange.synchronize()
    info = lake.describe(DATASET)
    batches = [batch.id for batch in lake.batches(DATASET, limit=10_000)]
    aside = {each.batch: each.left for each in lake.quarantines(DATASET, viewer=None)}
    told = {"rows": info.rows, "version": info.version, "batches": batches, "aside": aside}
    print(json.dumps(told))


if __name__ == "__main__":
    django.setup()
    import duokua.exchange.facade
    import duokua.lake.facade  # noqa: F401 - the children find it imported

    {"serve": serve, "set_up": set_up, "start_again": start_again}[sys.argv[1]](Path(sys.argv[2]))

"""A process that has everything imported and forks one child for each command that it is told.

Run by ``test_write_calls.py``. A line is ``<command> <number> <traced>``. The child prints its
process id, waits for the tracer if it is to be traced, does the command once and prints how it
ended: ``done`` only after it has returned.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django

ROWS = 40
ASIDE = 2  # rows of each batch that break the contract
DATASET = "flow"
NOW = datetime(2026, 5, 6, tzinfo=UTC)
GATE = "gate"


def batch_text(number: int, *, again: bool) -> str:
    """Return the file of a batch; with ``again`` it also brings the row before it once more."""
    first = number * ROWS
    ids = range(first - (again and number > 0), first + ROWS)
    lines = [f"{at},{at % 7}.5,{'' if at % 5 == 0 else f'n{at}'}" for at in ids]
    lines += [f"bad {number} {at},1,x" for at in range(ASIDE)]
    return "id,value,name\n" + "\n".join(lines) + "\n"


def append(home: Path, number: int) -> None:
    """Bring in a batch of new rows."""
    _ingest(home, number, "append")


def upsert(home: Path, number: int) -> None:
    """Bring in a batch that also replaces a row."""
    _ingest(home, number, "upsert")


def compact(home: Path, number: int) -> None:
    """Merge the small files."""
    from duokua.lake import facade as lake

    lake.compact(DATASET, by="kill", now=NOW)


COMMANDS: dict[str, Callable[[Path, int], None]] = {
    "append": append,
    "upsert": upsert,
    "compact": compact,
}


def _ingest(home: Path, number: int, mode: str) -> None:
    from duokua.lake import facade as lake

    path = home.parent / f"batch-{number}.csv"  # outside, so that its writing is not counted
    path.write_text(batch_text(number, again=mode == "upsert"))
    way: lake.Mode = "upsert" if mode == "upsert" else "append"
    lake.ingest(DATASET, path, batch=f"b{number}", mode=way, by="kill", now=NOW)


def _one(home: Path, command: str, number: int, traced: bool) -> None:
    from duokua.kernel.errors import DuokuaError

    print(os.getpid(), flush=True)
    if traced:
        with (home.parent / GATE).open("rb", buffering=0) as gate:
            gate.read(1)
    try:
        COMMANDS[command](home, number)
    except DuokuaError as error:
        print(f"refused {error.what.en}", flush=True)
    except BaseException as error:
        told = f"{type(error).__name__}: {error}".replace("\n", " ")
        print(f"failed {told}", flush=True)
    else:
        print("done", flush=True)
    os._exit(0)


def serve(home: Path) -> None:
    """Fork a child for each line of the input and tell when it has ended."""
    print("ready", flush=True)
    for line in sys.stdin:
        command, number, traced = line.split()
        child = os.fork()
        if child == 0:
            _one(home, command, int(number), traced == "1")
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


if __name__ == "__main__":
    django.setup()
    import duokua.exchange.facade
    import duokua.lake.facade  # noqa: F401 - the children find it imported

    {"serve": serve, "set_up": set_up}[sys.argv[1]](Path(sys.argv[2]))

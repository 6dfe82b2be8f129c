"""The lake's small things: ``python -m bench.lake [--commits N] [--json]``.

An upsert of 10,000 rows into a million, a small commit after many, the exact count and the profile
that pages show: each through the lake's facade, with its locks, catalogue and audit. Of the job
queue only the merging of small files is done, between the batches; the rest is written to it, not
run. Figures go into ``bench/results/lake.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

RESULTS = Path(__file__).parent / "results" / "lake.json"
GOALS = {"upsert_s": 0.5, "small_commit_ms": 50.0, "count_ms": 5.0}
ROWS, UPSERTED, SMALL = 1_000_000, 10_000, 10


def main() -> None:
    """Measure in a home of its own, print a table, store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duokua-bench-") as name:
        folder = Path(name)
        _set_up(folder / "home")
        figures = measure(folder, options.commits)
    told = {
        "name": "lake",
        "goals": GOALS,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "commits": options.commits,
        **figures,
    }
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    if options.json:
        print(json.dumps(told))
        return
    for what, value in figures.items():
        goal = (
            f"   reach {GOALS[what]:g} {'✓' if value <= GOALS[what] else '✗'}"
            if what in GOALS
            else ""
        )
        print(f"{what:24}{value:>12.3f}{goal}")


def _set_up(home: Path) -> None:
    home.mkdir(parents=True)
    os.environ |= {"DUOKUA_HOME": str(home), "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def measure(folder: Path, commits: int) -> dict[str, float]:
    """Return the figures, seconds and milliseconds as their names say."""
    from bench.ingest import contract, write_csv
    from duokua.identity import facade as identity
    from duokua.kernel import clock
    from duokua.lake import facade as lake
    from duokua.lake import upkeep
    from duokua.lang.odcs import dump_contract

    identity.ensure_department("env", "环保", "Environment")
    lake.register(dump_contract(contract()), by="bench", now=clock.now())
    whole = folder / "whole.csv"
    write_csv(whole, ROWS)

    def used(work: Callable[[], Any]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    def bring(path: Path, mode: lake.Mode) -> None:
        lake.ingest("readings", path, mode=mode, by="bench", now=clock.now())

    bring(whole, "append")
    upserts = [_timed(lambda path=part: bring(path, "upsert")) for part in _parts(folder)]
    small = [_small(folder, number) for number in range(commits + 40)]
    for path in small[:commits]:
        bring(path, "append")
        if upkeep.wants_compaction("readings"):  # what a worker does meanwhile
            lake.compact("readings", apart=8, by="bench", now=clock.now())
    last = [
        _timed(lambda path=path: bring(path, "append")) for path in small[commits : commits + 20]
    ]
    spent = [used(lambda path=path: bring(path, "append")) for path in small[commits + 20 :]]
    counts = [_timed(lambda: lake.describe("readings").rows) for _ in range(50)]
    expected = ROWS + SMALL * (commits + 40)
    if lake.describe("readings").rows != expected:
        raise RuntimeError(f"{lake.describe('readings').rows} rows are there, not {expected}")
    return {
        "upsert_s": round(statistics.median(upserts), 3),
        "small_commit_ms": round(1000 * statistics.median(last), 1),
        "small_commit_cpu_ms": round(1000 * statistics.median(spent), 1),
        "count_ms": round(1000 * statistics.median(counts), 2),
    }


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _parts(folder: Path) -> list[Path]:
    """Write three files of known keys, each spread over the whole table."""
    from bench.ingest import KINDS

    paths = []
    step = ROWS // UPSERTED
    for number in range(3):
        path = folder / f"upsert-{number}.csv"
        values = ", ".join(f'{value} as "{name}"' for name, (_, value) in KINDS.items())
        keys = f"(select range * {step} + {number} as i from range({UPSERTED}))"
        duckdb.connect().execute(f"copy (select {values} from {keys}) to '{path}' (header)")
        paths.append(path)
    return paths


def _small(folder: Path, number: int) -> Path:
    from bench.ingest import KINDS

    path = folder / f"small-{number}.csv"
    values = ", ".join(f'{value} as "{name}"' for name, (_, value) in KINDS.items())
    first = ROWS + number * SMALL
    keys = f"(select range + {first} as i from range({SMALL}))"
    duckdb.connect().execute(f"copy (select {values} from {keys}) to '{path}' (header)")
    return path


if __name__ == "__main__":
    main()

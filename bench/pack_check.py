"""How long checking many packs takes: ``python -m bench.pack_check [--packs N] [--rules N] [--json]``.

Packs of five tables, a derived one, playbooks, a form, views, an indicator and that many rules, each
with two sentences and no two of them alike, are written to folders; ``duokua pack check`` is then run
over all of them as an author would run it, from its start to its exit. ``broken`` is the same with
one mistake in every pack: each has to be found. The figures are kept in
``bench/results/pack-check.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.packs_made import made_pack

RESULTS = Path(__file__).parent / "results" / "pack-check.json"
GOALS = {"check_s": 5.0}
RUNS = 3  # the quickest counts: others met a busy machine
BROKEN = ("rules/strain_1.sql", "from bridge_reading", "from bridge_readings")


def written(into: Path, packs: int, rules: int, *, broken: bool) -> list[Path]:
    """Write packs, no two of which have a query or a contract in common."""
    folders = []
    for n in range(packs):
        name = f"watch_{n:02d}"
        for path, text in made_pack(name, rules).items():
            if broken and path == BROKEN[0]:
                text = text.replace(*BROKEN[1:])
            target = into / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("bridge_", f"b{n}_").replace("strain", f"strain{n}"))
            if path.startswith(("contracts/", "datasets/", "rules/", "parameters/", "samples/",
                                "tests/", "views/")):  # fmt: skip
                target.rename(target.with_name(_renamed(target.name, n)))
        folders.append(into / name)
    return folders


def _renamed(name: str, n: int) -> str:
    return name.replace("bridge_", f"b{n}_").replace("strain", f"strain{n}")


def checked(folders: list[Path]) -> tuple[float, float, int]:
    """Return seconds, seconds of all processors, and packs with faults, of one run of the command."""
    begun, used = time.perf_counter(), _used()
    done = subprocess.run(
        [Path(sys.executable).with_name("duokua"), "pack", "check", "--json", *folders],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    took = time.perf_counter() - begun
    told = json.loads(done.stdout)
    return took, _used() - used, sum(bool(each["faults"]) for each in told)


def _used() -> float:
    """Return the seconds of processors that finished children took: the same on a busy machine."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def measure(packs: int, rules: int) -> dict[str, float]:
    """Return what was measured; seconds."""
    figures: dict[str, float] = {"packs": packs, "rules": rules}
    with tempfile.TemporaryDirectory() as folder:
        for name, broken in (("check", False), ("broken", True)):
            folders = written(Path(folder) / name, packs, rules, broken=broken)
            runs = [checked(folders) for _ in range(RUNS)]
            figures[f"{name}_s"] = round(min(run[0] for run in runs), 2)
            figures[f"{name}_processors_s"] = round(min(run[1] for run in runs), 2)
            figures[f"{name}_packs"] = runs[0][2]
    return figures


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=int, default=50)
    parser.add_argument("--rules", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    figures = measure(options.packs, options.rules)
    missed = [name for name, goal in GOALS.items() if figures[name] > goal]
    missed += ["check_packs"] if figures["check_packs"] else []
    missed += ["broken_packs"] if figures["broken_packs"] != options.packs else []
    result = {
        "name": "pack-check", "python": platform.python_version(), "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1), "goals": GOALS, "missed": missed, **figures,
    }  # fmt: skip
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
    else:
        for key, value in figures.items():
            goal = f"≤ {GOALS[key]:g}" if key in GOALS else ""
            print(f"{key:22}{value:>12,.2f}  {goal:8}{'missed' if key in missed else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

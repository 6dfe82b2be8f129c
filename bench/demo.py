"""How long the demonstration takes to build: ``python -m bench.demo [--json]``.

Builds the full district in an empty home, then again, where nothing is left to do. Goals: 60 s, and
a second build of 15 s. Stored in ``bench/results/demo.json``.
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
from typing import Any

RESULTS = Path(__file__).parent / "results"
DUOKUA = str(Path(sys.executable).parent / "duokua")
GOAL_S, AGAIN_S = 60.0, 15.0


def build(home: Path) -> tuple[float, float, dict[str, Any]]:
    """Build the district; return seconds, seconds of processor and what the build tells."""
    env = {**os.environ, "DUOKUA_HOME": str(home)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [DUOKUA, "demo", "build", "--json"], env=env, check=True, capture_output=True
    )
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, spent, json.loads(done.stdout)["counts"]


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, spent, counts = build(Path(folder))
        again, _, same = build(Path(folder))
    told = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_before": round(os.getloadavg()[2], 2),
        "build_s": round(first, 1),
        "build_cpu_s": round(spent, 1),
        "again_s": round(again, 1),
        "counts": counts,
        "same_again": counts == same,
        "met": first <= GOAL_S and again <= AGAIN_S and counts == same,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "demo.json").write_text(json.dumps(told, indent=2) + "\n")
    if args.json:
        print(json.dumps(told))
        return
    print(f"built {told['build_s']} s ({told['build_cpu_s']} s of processor), goal {GOAL_S:.0f}")
    print(f"again {told['again_s']} s, goal {AGAIN_S:.0f}; {counts}")


if __name__ == "__main__":
    main()

"""How soon an approved request can be called: ``python bench/approval.py [--requests N] [--json]``.

A district of its own with a real gateway and a real worker: each request is approved, and timed until
it is in use, which it is only after its probe with the program's credential has passed; then it is
revoked, and timed until the probe has seen the refusal. Stored in ``bench/results/approval.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]

from servers import free_port, running  # noqa: E402

RESULTS = ROOT / "results"
GOAL_S = 2.0  # approval → probed, p95
GOAL_REVOKED_S = 1.0
PATIENCE_S = 60.0


def prepare(home: Path) -> None:
    """Make the district, as the campaign of provisioning does."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
    django.setup(set_prefix=False)
    from campaigns.provision_server import set_up

    set_up(home)


def timed(number: int) -> tuple[float, float, int]:
    """Approve and revoke one request; return the seconds of both and what the probe took in ms."""
    from duokua.kernel import clock
    from duokua.store.actions import provision, use
    from duokua.store.models import Probe, Request
    from granted import CRANES, agreed

    row = agreed("crew_list", row_filter=CRANES, number=number)
    begun = time.perf_counter()
    provision.start(row, by="steward", now=clock.now())
    while Request.objects.get(id=row.id).state == "provisioning":
        if time.perf_counter() - begun > PATIENCE_S:
            raise SystemExit("no worker provisions")
        time.sleep(0.005)
    opened = time.perf_counter() - begun
    row = Request.objects.select_related("listing").get(id=row.id)
    if row.state != "in_use":
        raise SystemExit(f"{row.state}: {Probe.objects.filter(request=row).latest('id').checks}")
    probe = Probe.objects.filter(request=row).latest("id")
    begun = time.perf_counter()
    told = use.revoke(row, "bench", by="steward", post="owner", now=clock.now())
    revoked = time.perf_counter() - begun
    if told is None or not told.passed:
        raise SystemExit(f"revoked, and answered still: {told}")
    return opened, revoked, probe.took_ms


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and greatest."""
    ordered = sorted(seconds)
    at = min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[at], 3),
        "max": round(ordered[-1], 3),
    }


def measure(count: int) -> dict[str, Any]:
    """Measure so many approvals and revocations."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        home, port = Path(name) / "home", free_port()
        home.mkdir()
        environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
        os.environ.update(environ)
        prepare(home)
        gateway = [sys.executable, "-m", "duokua.gateway"]
        stack.enter_context(running(gateway, port, "/healthz", environ))
        worker = subprocess.Popen(
            [sys.executable, "-m", "duokua.project.job_worker"], env={**os.environ, **environ}
        )
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        timed(0)  # the worker loads its modules
        told = [timed(number) for number in range(1, count + 1)]
    opened, revoked, probes = zip(*told, strict=True)
    return {
        "name": "approval",
        "python": platform.python_version(),
        "requests": count,
        "approved_to_usable_s": quantiles(list(opened)),
        "of_that_the_probe_s": quantiles([ms / 1000 for ms in probes]),
        "revoked_and_probed_s": quantiles(list(revoked)),
        "goal_s": GOAL_S,
        "goal_revoked_s": GOAL_REVOKED_S,
    }


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = measure(options.requests)
    reached = result["approved_to_usable_s"]["p95"] <= GOAL_S
    reached &= result["revoked_and_probed_s"]["p95"] <= GOAL_REVOKED_S
    result["reached"] = reached
    (RESULTS / "approval.json").write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
        return 0 if reached else 1
    print(f"{'seconds':<24}{'p50':>8}{'p95':>8}{'max':>8}")
    for what in ("approved_to_usable_s", "of_that_the_probe_s", "revoked_and_probed_s"):
        told = result[what]
        print(f"{what[:-2]:<24}{told['p50']:>8}{told['p95']:>8}{told['max']:>8}")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""How fast events become cases: ``python -m bench.events [--devices N] [--rules N] [--seconds N]``.

A district of its own on the whole platform: a stream of devices behind hubs, a pack whose rules read
its live feed. Measured are HTTP batches (taken a second, and until all of them are believed), and the
time from sending one gust to the case that it opens, beside a steady load. Stored in
``bench/results/events.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]

from events_world import (  # noqa: E402
    BATCH,
    HUBS,
    Sender,
    Source,
    believed,
    cases,
    now_told,
    prepare,
)
from servers import free_port, running  # noqa: E402

RESULTS = ROOT / "results"
GOAL_BATCH, GOAL_CASE_S = 200_000, 1.0


def batches(
    home: Path, port: int, keys: dict[str, str], sources: list[Source], count: int
) -> dict[str, Any]:
    """Send prepared batches over one connection for each hub; measure until all are believed."""
    bodies = [[source.batch(BATCH) for _ in range(count // HUBS)] for source in sources]
    before = believed(home)
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=_send_all, args=(Sender(port, key), listed))
        for key, listed in zip(keys.values(), bodies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begun
    events = count // HUBS * HUBS * BATCH
    while believed(home) - before < events:
        if time.perf_counter() - begun > 600:
            raise SystemExit(f"only {believed(home) - before} of {events} events were believed")
        time.sleep(0.05)
    whole = time.perf_counter() - begun
    return {
        "events": events,
        "taken_per_s": round(events / taken),
        "believed_per_s": round(events / whole),
    }


def _send_all(sender: Sender, bodies: list[bytes]) -> None:
    for body in bodies:
        sender.send(body)


def gusts(
    home: Path,
    port: int,
    keys: dict[str, str],
    sources: list[Source],
    load: int,
    devices: list[str],
) -> dict[str, Any]:
    """Send a steady load, and each second a gust of another device; time each until its case."""
    stop = threading.Event()
    sent = [0]
    steady = threading.Thread(
        target=_steady, args=(Sender(port, keys["H1"]), sources[1], load, stop, sent)
    )
    steady.start()
    sender, took = Sender(port, keys["H0"]), []
    try:
        for device in devices:
            begun = time.perf_counter()
            sender.send(sources[0].event(device, 51.0, now_told()).encode())
            wanted = json.dumps([device])
            while wanted not in cases(home):
                if time.perf_counter() - begun > 60:
                    raise SystemExit(f"no case of {device} after a minute")
                time.sleep(0.005)
            took.append(time.perf_counter() - begun)
            time.sleep(max(0.0, 1.0 - took[-1]))
    finally:
        stop.set()
        steady.join()
    took.sort()
    return {
        "load_per_s": load,
        "sent": sent[0],
        "gusts": len(took),
        "p50_s": round(statistics.median(took), 3),
        "p99_s": round(took[min(len(took) - 1, int(len(took) * 0.99))], 3),
        "most_s": round(took[-1], 3),
    }


def _steady(
    sender: Sender, source: Source, load: int, stop: threading.Event, sent: list[int]
) -> None:
    step = 0.1
    begun = time.perf_counter()
    for turn in range(1_000_000):
        if stop.is_set():
            return
        size = int(load * step)
        if size:
            sent[0] += sender.send(source.batch(size))
        time.sleep(max(0.0, begun + (turn + 1) * step - time.perf_counter()))


def measure(devices: int, rules: int, count: int, loads: list[int], seconds: int) -> dict[str, Any]:
    """Measure on a platform of its own."""
    import django

    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name) / "home", free_port()
        home.mkdir()
        environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port), "DUOKUA_MQTT_PORT": "0"}
        os.environ.update(environ)
        os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
        django.setup(set_prefix=False)
        with running(
            [str(Path(sys.executable).parent / "duokua"), "run"], port, "/readyz", environ
        ):
            keys = prepare(devices, rules)
            sources = [Source(n, devices) for n in range(HUBS)]
            latencies = [
                gusts(
                    home,
                    port,
                    keys,
                    sources,
                    load,
                    sources[0].devices[n * seconds : (n + 1) * seconds],
                )
                for n, load in enumerate(loads)
            ]
            batch = batches(home, port, keys, sources, count)
    return {
        "name": "events",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "devices": devices,
        "rules": rules,
        "latencies": latencies,
        "batches": batch,
        "goal_batch_per_s": GOAL_BATCH,
        "goal_case_s": GOAL_CASE_S,
    }


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--rules", type=int, default=50)
    parser.add_argument("--batches", type=int, default=1_000, help="of 1,000 events each")
    parser.add_argument("--loads", type=int, nargs="*", default=[0, 1_000, 5_000])
    parser.add_argument("--seconds", type=int, default=30, help="of each load")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    told = measure(options.devices, options.rules, options.batches, options.loads, options.seconds)
    reached = told["batches"]["taken_per_s"] >= GOAL_BATCH
    reached &= all(each["p99_s"] <= GOAL_CASE_S for each in told["latencies"])
    told["reached"] = reached
    (RESULTS / "events.json").write_text(json.dumps(told, indent=2) + "\n")
    if options.json:
        print(json.dumps(told))
        return 0 if reached else 1
    print(f"{'load/s':>8}{'gusts':>7}{'p50 s':>8}{'p99 s':>8}{'most s':>8}")
    for each in told["latencies"]:
        print(f"{each['load_per_s']:>8}{each['gusts']:>7}{each['p50_s']:>8}{each['p99_s']:>8}"
              f"{each['most_s']:>8}")  # fmt: skip
    batch = told["batches"]
    print(f"batches: {batch['events']:,} events, {batch['taken_per_s']:,} taken/s, "
          f"{batch['believed_per_s']:,} believed/s")  # fmt: skip
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())

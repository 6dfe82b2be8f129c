"""One event a message by MQTT: ``python -m bench.mqtt [--broker mosquitto|embedded] [--seconds N]``.

Clients of hubs publish with QoS 1 at ``--rate``, by default the goal; each second one gust is sent besides.
Measured are how many events a second are believed until the last one is, and the time from a gust to
the case that it opens. Stored in ``bench/results/mqtt.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]

from events_world import HUBS, Sender, Source, believed, cases, now_told, prepare  # noqa: E402
from servers import free_port, running  # noqa: E402

RESULTS = ROOT / "results"
GOALS = {"mosquitto": 20_000, "embedded": 3_000}
GOAL_CASE_S = 1.0
_STEP_S = 0.05


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return found


def publish(hub: int, port: int, key: str, chunks: list[bytes]) -> None:
    """Publish prepared lines at their pace, each as one message, by Mosquitto's own client."""
    told = [_program("mosquitto_pub"), "-l", "-q", "1", "-h", "127.0.0.1", "-p", str(port)]
    told += ["-u", f"H{hub}", "-P", key, "-i", f"H{hub}", "-t", f"duokua/gauge/H{hub}"]
    with subprocess.Popen(told, stdin=subprocess.PIPE) as client:
        assert client.stdin is not None
        begun = time.perf_counter()
        for turn, chunk in enumerate(chunks, 1):
            client.stdin.write(chunk)
            client.stdin.flush()
            time.sleep(max(0.0, begun + turn * _STEP_S - time.perf_counter()))
        client.stdin.close()


def mosquitto(stack: ExitStack, folder: Path, port: int) -> None:
    """Run a Mosquitto of its own until the stack ends."""
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        "max_inflight_messages 0\nuser root\n"
    )
    process = subprocess.Popen(
        [_program("mosquitto"), "-c", str(config)], stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    time.sleep(1)


def gusts(home: Path, port: int, key: str, source: Source, until: float) -> list[float]:
    """Send a gust of another device each second, by HTTP; return the time of each to its case."""
    sender, took = Sender(port, key), []
    for device in source.devices:
        if time.monotonic() > until:
            break
        begun, wanted = time.perf_counter(), json.dumps([device])
        sender.send(source.event(device, 51.0, now_told()).encode())
        while wanted not in cases(home):
            if time.perf_counter() - begun > 60:
                raise SystemExit(f"no case of {device} after a minute")
            time.sleep(0.005)
        took.append(time.perf_counter() - begun)
        time.sleep(max(0.0, 1.0 - took[-1]))
    return sorted(took)


def measure(
    broker: str, devices: int, rules: int, seconds: int, rate: int, clients: int
) -> dict[str, Any]:
    """Measure on a platform of its own; the first hub is left to the gusts."""
    import django

    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        home, port, mqtt = Path(name) / "home", free_port(), free_port()
        home.mkdir()
        environ = {
            "DUOKUA_HOME": str(home),
            "DUOKUA_PORT": str(port),
            "DUOKUA_MQTT_PORT": str(mqtt),
        }
        if broker == "mosquitto":
            mosquitto(stack, Path(name), mqtt)
            environ |= {"DUOKUA_MQTT_PORT": "0", "DUOKUA_MQTT_URL": f"mqtt://127.0.0.1:{mqtt}"}
        os.environ.update(environ, DJANGO_SETTINGS_MODULE="duokua.project.settings")
        django.setup(set_prefix=False)
        duokua = [str(Path(sys.executable).parent / "duokua"), "run"]
        stack.enter_context(running(duokua, port, "/readyz", environ))
        keys = prepare(devices, rules)
        time.sleep(2)
        each, turns = int(rate * _STEP_S) // clients, round(seconds / _STEP_S)
        sources = [Source(n, devices) for n in range(clients + 1)]
        chunks = [[e.batch(each) + b"\n" for _ in range(turns)] for e in sources[1:]]
        sent = each * turns * clients
        threads = [
            threading.Thread(target=publish, args=(n, mqtt, keys[f"H{n}"], listed))
            for n, listed in enumerate(chunks, 1)
        ]
        begun = time.perf_counter()
        took: list[float] = []
        until = time.monotonic() + seconds
        threads.append(
            threading.Thread(
                target=lambda: took.extend(gusts(home, port, keys["H0"], sources[0], until))
            )
        )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while believed(home) < sent + len(took):
            if time.perf_counter() - begun > 2 * seconds + 300:
                raise SystemExit(f"only {believed(home)} of {sent} were believed")
            time.sleep(0.1)
        whole = time.perf_counter() - begun
    return {
        "broker": broker,
        "devices": devices, "rules": rules, "seconds": seconds, "asked_per_s": rate,
        "sent": sent,
        "until_believed_s": round(whole, 1),
        "believed_per_s": round(sent / whole),
        "gusts": len(took),
        "p50_s": round(statistics.median(took), 3),
        "p99_s": round(took[min(len(took) - 1, int(len(took) * 0.99))], 3),
        "most_s": round(took[-1], 3),
        "goal_per_s": GOALS[broker],
        "goal_case_s": GOAL_CASE_S,
    }  # fmt: skip


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", choices=[*GOALS], default="mosquitto")
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--rules", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument(
        "--rate", type=int, default=0, help="events a second; 0: as fast as it goes"
    )
    parser.add_argument("--clients", type=int, default=2, choices=range(1, HUBS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    told = measure(
        asked.broker,
        asked.devices,
        asked.rules,
        asked.seconds,
        asked.rate or GOALS[asked.broker],
        asked.clients,
    )
    told["reached"] = told["believed_per_s"] >= told["goal_per_s"] and (
        told["p99_s"] <= GOAL_CASE_S
    )
    path = RESULTS / "mqtt.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    about = {"name": "mqtt", "python": platform.python_version(), "cores": os.cpu_count()}
    path.write_text(json.dumps({**before, **about, asked.broker: told}, indent=2) + "\n")
    if asked.json:
        print(json.dumps(told))
    else:
        for name, value in told.items():
            print(f"{name:<20}{value}")
    return 0 if told["reached"] else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""``duokua run``: starts all, keeps it running, refuses what cannot work, stops cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from duokua.ledger.verify import verify
from gateway import district
from gateway.world import (
    Gateway,
    Home,
    alive,
    ask,
    children_of,
    command_of,
    free_port,
    wait_for,
)
from platforms import DUOKUA

START_S = 120.0


class Platform:
    """A supervisor process, with what it tells line by line."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home, self.port = Home(home), free_port()
        ports = {"DUOKUA_PORT": str(self.port), "DUOKUA_MQTT_PORT": str(free_port())}
        self.environ = _environ(home, **ports, **environ)
        self.process = subprocess.Popen(
            [DUOKUA, "run", "--json"], env=self.environ, stdout=subprocess.PIPE, text=True
        )
        self.told: Queue[dict[str, Any]] = Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.told.put(json.loads(line))

    def await_ready(self) -> None:
        """Wait until the supervisor says so."""
        told = self.told.get(timeout=START_S)
        assert told == {"ready": f"http://127.0.0.1:{self.port}/"}, told

    def ready(self) -> bool:
        """Tell whether everything answers."""
        try:
            return ask(self.port, "/readyz", timeout=5).status == 200
        except OSError:
            return False

    def parts(self, word: str) -> list[int]:
        """Return the process ids of one part: none while it is away, else one."""
        return [p for p in children_of(self.process.pid) if command_of(p).split()[-1:] == [word]]

    def part(self, word: str) -> int:
        """Return the process id of one part that runs."""
        (found,) = self.parts(word)
        return found

    def await_another(self, word: str, before: int) -> None:
        """Wait until another process than ``before`` is this part, and everything answers.

        Readiness alone says less: what the killed part left behind may answer for a moment.
        """
        wait_for(lambda: any(pid != before for pid in self.parts(word)), "the part's return")
        wait_for(self.ready, "the part's readiness")

    def everyone(self) -> list[int]:
        """Return every process below the supervisor."""
        found, waiting = [], [self.process.pid]
        while waiting:
            waiting = [child for parent in waiting for child in children_of(parent)]
            found += waiting
        return found

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and return its code."""
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.reader.join(60)
        return code


def _environ(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUOKUA_")}
    return {**kept, "DUOKUA_HOME": str(home), **more}


def _duokua(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DUOKUA, *arguments], env=environ, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that serves residents, for tests that leave it running."""
    path = tmp_path_factory.mktemp("platform")
    open_lookup = district.lookup("open_by_id", open_=True)
    Home(path).serve(open_lookup, district.contract(), district.rows(10))
    started = Platform(path)
    started.await_ready()
    yield started
    if started.process.poll() is None:
        assert started.end() == 0


def _called(platform: Platform) -> bool:
    try:
        return ask(platform.port, "/data/open_by_id?id=3").status == 200
    except OSError:
        return False


def test_everything_answers_on_one_port(platform: Platform) -> None:
    assert _called(platform)
    ready = ask(platform.port, "/readyz").json
    assert {part["status"] for part in ready["parts"].values()} == {"ok"}
    page = ask(platform.port, "/", headers={"Accept": "text/html"})
    assert page.status in (200, 302)
    health = ask(platform.port, "/healthz").json
    assert health["status"] == "ok" and health["parts"]["portal"]["status"] == "ok"


def test_a_second_start_is_refused(platform: Platform) -> None:
    done = _duokua(platform.environ | {"DUOKUA_PORT": str(free_port())}, "run")
    assert done.returncode == 3
    assert f"平台已在运行(进程 {platform.process.pid})" in done.stderr
    assert f"runs already (process {platform.process.pid})" in done.stderr
    assert "DUOKUA_HOME" in done.stderr
    assert "Traceback" not in done.stderr
    assert platform.ready()


def test_doctor(platform: Platform) -> None:
    done = _duokua(platform.environ, "doctor", "--json")
    findings = {told["check"]: told for told in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert {told["state"] for told in findings.values()} <= {"ok", "warn"}
    assert findings["platform"]["state"] == "ok"
    assert findings["anchor"]["state"] == "warn", "the same disk"
    assert all(told["what"]["zh"] and told["what"]["en"] for told in findings.values())
    assert {"home", "disk", "clock", "hash", "database", "policy", "ledger"} <= set(findings)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("duokua.gateway", "gateway"),
        ("duokua.project.portal_server", "portal"),
        ("duokua.project.sensing_worker", "intake"),
        ("duokua.gateway.mqtt", "mqtt"),
    ],
)
def test_a_part_that_is_killed_is_started_again(platform: Platform, word: str, name: str) -> None:
    wait_for(lambda: bool(platform.parts(word)), "the part's first start")
    before = platform.part(word)
    os.kill(before, signal.SIGKILL)
    told = platform.told.get(timeout=START_S)
    assert told["event"].startswith(f"{name} ended with -9")
    platform.await_another(word, before)
    assert _called(platform)


def test_a_gateway_whose_ledger_writer_is_killed_is_started_again(platform: Platform) -> None:
    gateway = platform.part("duokua.gateway")
    (writer,) = [pid for pid in children_of(gateway) if "duokua.ledger.writer" in command_of(pid)]
    os.kill(writer, signal.SIGKILL)
    told = platform.told.get(timeout=START_S)
    assert told["event"].startswith("gateway ended with 0")
    platform.await_another("duokua.gateway", gateway)
    assert _called(platform)


def test_a_clean_stop(platform: Platform) -> None:
    """The last test of this module: it stops the platform, and starts it once more."""
    assert _called(platform)
    everyone = platform.everyone()
    assert len(everyone) >= 4
    assert platform.end(signal.SIGTERM) == 0
    assert not [pid for pid in everyone if alive(pid)]
    settings = platform.home.settings
    verdict = verify(settings.ledger / "receipts", Path(settings.anchor))
    assert verdict.ok
    assert verdict.anchored_to == verdict.records > 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", platform.port))
    again = Platform(platform.home.path)
    again.await_ready()
    assert _called(again)
    children = again.everyone()
    os.kill(again.process.pid, signal.SIGKILL)  # whatever happens to it, nobody is left behind
    again.process.wait(60)
    again.reader.join(60)
    wait_for(lambda: not [pid for pid in children if alive(pid)], "the end of every part")


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _duokua(_environ(tmp_path, DUOKUA_PORT=str(port)), "run")
        as_json = _duokua(_environ(tmp_path, DUOKUA_PORT=str(port)), "run", "--json")
    assert done.returncode == 3
    assert f"127.0.0.1:{port}" in done.stderr and "DUOKUA_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(as_json.stdout)["error"] == "conflict"


WRONG = {
    "DUOKUA_PORT": "http",
    "DUOKUA_DATABASE_URL": "mysql://x",
    "DUOKUA_ENGINE": "sparkle",
    "DUOKUA_STORAGE": "s3://bucket",
    "DUOKUA_ANCHOR": "ftp://x",
    "DUOKUA_LANGUAGE": "fr",
    "DUOKUA_LEDGER_HASH": "md5",
}


def test_each_wrong_variable_is_named(tmp_path: Path) -> None:
    done = _duokua(_environ(tmp_path, **WRONG), "run")
    assert done.returncode == 3
    told = [line.strip() for line in done.stderr.splitlines() if "DUOKUA_" in line]
    assert {line.partition(":")[0] for line in told} >= set(WRONG)
    for line in told:
        assert "→" in line, "how to mend it"
    assert "Traceback" not in done.stderr
    doctor = _duokua(_environ(tmp_path, **WRONG), "doctor")
    assert doctor.returncode != 0 and "Traceback" not in doctor.stderr


def test_a_gateway_alone_says_what_is_wrong(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.serve(district.lookup(), district.contract(), district.rows(3))
    first = Gateway(home).start()
    try:
        second = Gateway(home)
        with pytest.raises(AssertionError, match="ledger"):
            second.start()
        assert second.process.returncode == 3
        assert "Traceback" not in second.log.read_text()
    finally:
        first.stop()

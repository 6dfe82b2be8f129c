"""The supervisor (进程守护): prepares the home, keeps the parts running, stops them cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import http.client
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from duokua.kernel.environment import Environment
from duokua.kernel.errors import Conflict
from duokua.kernel.processes import PARENT
from duokua.kernel.text import Text
from duokua.project.log_files import keep_small

PARTS = {
    "jobs": "duokua.project.job_worker",
    "intake": "duokua.project.sensing_worker",
    "mqtt": "duokua.gateway.mqtt",
    "portal": "duokua.project.portal_server",
    "gateway": "duokua.gateway",
}
_LAST = ("jobs", "intake", "mqtt")  # start once the others answer: nobody waits for them
_LAST_WAIT_S = 30.0
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0
_STEADY_S = 60.0
_STOP_S = 20.0

Say = Callable[[str], None]


@contextlib.contextmanager
def home_lock(settings: Environment) -> Iterator[None]:
    """Hold the home for one supervisor.

    :raises Conflict: another one runs there.
    """
    path = settings.home / "run" / "supervisor.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "?"
            raise Conflict(
                Text(f"平台已在运行(进程 {pid})", f"the platform runs already (process {pid})"),
                Text("请先停止它，或另设 DUOKUA_HOME", "stop it first, or set another DUOKUA_HOME"),
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


@dataclass(slots=True)
class Part:
    """One child process and how often it had to be started."""

    name: str
    module: str
    log: Path
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    wait_s: float = field(default=_FIRST_WAIT_S)

    async def keep(self, stopping: asyncio.Event, say: Say) -> None:
        """Run the part again whenever it ends, with growing pauses, until ``stopping``."""
        loop = asyncio.get_running_loop()
        while not stopping.is_set():
            began = loop.time()
            await self._start()
            assert self.process is not None  # noqa: S101 - just started
            code = await self.process.wait()
            if stopping.is_set():
                return
            if loop.time() - began > _STEADY_S:
                self.wait_s = _FIRST_WAIT_S
            say(f"{self.name} ended with {code}; starting it again in {self.wait_s:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.wait_s)
            self.wait_s = min(self.wait_s * 2, _LONGEST_WAIT_S)

    async def _start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, PARENT: str(os.getpid())},
            )
        self.starts += 1

    async def stop(self) -> None:
        """Ask the part to end; kill it when it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), _STOP_S)
        except TimeoutError:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


async def supervise(settings: Environment, say: Say, ready: Callable[[], None]) -> None:
    """Run every part until SIGINT or SIGTERM; ``ready`` is called once everything answers."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    parts = [
        Part(name, module, settings.home / "logs" / f"{name}.jsonl")
        for name, module in PARTS.items()
        if name != "mqtt" or settings.mqtt
    ]
    for sign in (settings.job_sign, settings.intake_sign, settings.mqtt_sign):
        sign.unlink(missing_ok=True)  # a crash may have left it
    served = asyncio.Event()
    keepers = [asyncio.create_task(_keep(part, served, stopping, say)) for part in parts]
    announcer = asyncio.create_task(_announce(settings, ready, served))
    keepers.append(asyncio.create_task(keep_small((part.log for part in parts), stopping)))
    await stopping.wait()
    announcer.cancel()
    served.set()
    # The gateway goes first, so that nobody is sent to a portal that is already gone.
    for part in reversed(parts):
        await part.stop()
    for keeper in keepers:
        await keeper


async def _keep(part: Part, served: asyncio.Event, stopping: asyncio.Event, say: Say) -> None:
    if part.name in _LAST:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(served.wait(), _LAST_WAIT_S)
    await part.keep(stopping, say)


async def _announce(
    settings: Environment, ready: Callable[[], None], served: asyncio.Event
) -> None:
    while not await asyncio.to_thread(is_ready, settings):
        await asyncio.sleep(0.1)
    ready()
    served.set()


def is_ready(settings: Environment) -> bool:
    """Tell whether every part answers."""
    url = f"http://{settings.host}:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(json.load(response)["status"] == "ok")
    except (OSError, ValueError, http.client.HTTPException):
        return False

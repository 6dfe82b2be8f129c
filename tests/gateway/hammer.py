"""Many callers at once, each on a connection that stays open."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call: its status, receipt and body, and when it was begun."""

    status: int
    receipt: str
    body: bytes
    began: float


class Caller:
    """One caller; a broken connection is an answer that never came, and is opened anew."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._headers = port, {"Authorization": f"Bearer {token}"}
        self._connection: http.client.HTTPConnection | None = None

    def call(self, path: str) -> Call | None:
        """Call once; ``None`` when no answer came whole."""
        began = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        return Call(answer.status, answer.getheader("duokua-receipt") or "", body, began)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(slots=True)
class Crowd:
    """Threads that call until told to stop, or until ``enough`` says so of a call."""

    port: int
    tokens: Sequence[str]
    paths: Sequence[str]
    threads: int
    enough: Callable[[Call], bool] = lambda call: False
    calls: list[Call] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _running: list[threading.Thread] = field(default_factory=list)

    def start(self) -> Crowd:
        """Start every caller."""
        for number in range(self.threads):
            thread = threading.Thread(target=self._run, args=(number,), daemon=True)
            self._running.append(thread)
            thread.start()
        return self

    def _run(self, number: int) -> None:
        caller = Caller(self.port, self.tokens[number % len(self.tokens)])
        path = self.paths[number % len(self.paths)]
        try:
            while not self._stop.is_set():
                call = caller.call(path)
                if call is None:
                    self._stop.wait(0.005)  # until the server is there again
                    continue
                self.calls.append(call)
                if self.enough(call):
                    return
        except BaseException as error:  # told to the test by `finish`
            self.failures.append(error)
        finally:
            caller.close()

    def finish(self, *, stop: bool = True) -> list[Call]:
        """Wait for every caller, and return what was answered."""
        if stop:
            self._stop.set()
        for thread in self._running:
            thread.join(120)
            assert not thread.is_alive(), "a caller hangs"
        assert not self.failures, self.failures
        return self.calls

    def served(self) -> int:
        """Return how many calls were answered with 200 so far."""
        return sum(call.status == 200 for call in list(self.calls))


def receipt_in(call: Call) -> str:
    """Return the receipt that the body names."""
    told: str = json.loads(call.body)["receipt"]
    return told

"""A session (受限会话): one worker process, given tables, asked queries, killed at its deadline."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

import duokua
from duokua.engine.scenario.wire import Value, pack, unpack, values_to_json
from duokua.kernel.errors import DuokuaError, Fault, Invalid, Unavailable
from duokua.kernel.text import Text
from duokua.lang.scenario.functions import Function

THREADS = 2
MEMORY_MB = 2048
_SPACE = 16 * 1024**3  # address space: an engine reserves far more than it uses
DEADLINE_S = 30.0
MOST_ROWS = 5_000_000
_MOVING_S = 120.0  # for tables on their way
_CHUNK = 1024 * 1024
# Of these the text is about the query: they come before any row is looked at.
_WITHOUT_VALUES = (
    "ParserException", "BinderException", "CatalogException", "PermissionException", "Refused",
    "Undeclared", "Unconfined",
)  # fmt: skip


class Session:
    """Tables and queries in a worker of one's own; used by one thread at a time.

    What the engine says of a failure while it runs may quote a value: it is told only where
    ``frank``, for rows that nobody has to be protected from.

    :raises Unavailable: of any call, when the worker took longer than its deadline or died; it is
        over then (``alive``), and what was loaded is gone.
    """

    def __init__(
        self, *, memory_mb: int = MEMORY_MB, deadline_s: float = DEADLINE_S, frank: bool = False
    ) -> None:
        told = ("-m", "duokua.engine.scenario.start", memory_mb, THREADS, _SPACE)
        self._worker = subprocess.Popen(
            [sys.executable, "-s", *map(str, told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(Path(duokua.__file__).parents[1]), "LC_ALL": "C.UTF-8"},
            bufsize=0,
        )
        self._deadline_s = deadline_s
        self._frank = frank
        self._withheld: dict[str, DuokuaError] = {}
        self.alive = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def load(self, name: str, table: pa.Table) -> None:
        """Bring in a table, in the place of one of that name."""
        self._ask({"do": "load", "name": name}, [table], _MOVING_S)

    def patch(self, name: str, table: pa.Table, key: Sequence[str], removed: pa.Table) -> None:
        """Take over rows into a table by ``key``, and let those go whose keys ``removed`` names."""
        head = {"do": "patch", "name": name, "key": list(key)}
        self._ask(head, [table, removed], _MOVING_S)

    def drop(self, name: str) -> None:
        """Let a table go."""
        self._ask({"do": "drop", "name": name})

    def run(
        self, query: str, values: Mapping[str, Value] | None = None, *, most: int = MOST_ROWS
    ) -> pa.Table:
        """Return the rows of a query; of ``values``, those that it names are used.

        :raises Invalid: the engine does not take it, or it has more than ``most`` rows.
        """
        head = {"do": "run", "query": query, "values": values_to_json(values or {}), "most": most}
        (table,) = self._ask(head)[1]
        return table

    def derive(self, name: str, query: str, values: Mapping[str, Value] | None = None) -> None:
        """Keep the rows of a query as a table.

        :raises Invalid: as :meth:`run`.
        """
        told = {"query": query, "values": values_to_json(values or {}), "most": MOST_ROWS}
        self._ask({"do": "derive", "name": name, **told})

    def define(self, source: str, functions: Iterable[Function]) -> None:
        """Let queries call functions of a pack's Python, whose signature the caller has checked.

        :raises Invalid: the engine has one of that name, or this machine cannot confine it.
        """
        told = [[each.name, list(map(str, each.takes)), str(each.gives)] for each in functions]
        self._ask({"do": "define", "source": source, "functions": told})

    def withhold(self, names: Iterable[str], why: DuokuaError) -> None:
        """Say of functions that they are there but may not run: a query that calls one is told why."""
        self._withheld = dict.fromkeys(names, why)

    def extracted(self, query: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return what the engine takes a text for: each statement's kind and parameters.

        :raises Invalid: it cannot read it.
        """
        told = self._ask({"do": "extracted", "query": query})[0]["statements"]
        return [(str(kind), tuple(names)) for kind, names in told]

    def close(self) -> None:
        """End the worker."""
        self.alive = False
        self._worker.kill()
        self._worker.wait()
        for line in (self._worker.stdin, self._worker.stdout):
            if line is not None:
                line.close()

    def _ask(
        self, head: dict[str, Any], tables: Sequence[pa.Table] = (), within: float = 0.0
    ) -> tuple[dict[str, Any], list[pa.Table]]:
        if not self.alive:
            raise _gone()
        until = time.monotonic() + (within or self._deadline_s)
        try:
            self._send(pack(head, tables), until)
            told, found = unpack(lambda size: self._exactly(size, until))
        except (OSError, EOFError):
            self.close()
            raise _gone() from None
        except _Late:
            self.close()
            raise _late() from None
        if not told["ok"]:
            called = str(told["text"]).removeprefix("calls ").lower()
            raise self._withheld.get(called) or _refused(told, self._frank)
        return told, found

    def _send(self, parts: Sequence[bytes | memoryview], until: float) -> None:
        assert self._worker.stdin is not None  # noqa: S101 - opened as a pipe
        line = self._worker.stdin.fileno()
        os.set_blocking(line, False)
        for part in parts:
            view = memoryview(part)
            while view:
                _ready(line, until, write=True)
                view = view[os.write(line, view[:_CHUNK]) :]

    def _exactly(self, size: int, until: float) -> bytearray:
        assert self._worker.stdout is not None  # noqa: S101 - opened as a pipe
        line = self._worker.stdout
        held = bytearray(size)
        view, at = memoryview(held), 0
        while at < size:
            _ready(line.fileno(), until, write=False)
            got = line.readinto(view[at:])  # type: ignore[attr-defined]
            if not got:
                raise EOFError
            at += got
        return held


class _Late(Exception):
    """The deadline is over."""


def _ready(line: int, until: float, *, write: bool) -> None:
    poll = select.poll()
    poll.register(line, select.POLLOUT if write else select.POLLIN)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _Late


def _refused(told: Mapping[str, Any], frank: bool) -> DuokuaError:
    if told["error"] == "OutOfMemoryException":
        return Unavailable(
            Text("查询所需内存超过上限", "the query needs more memory than it may have"),
            Text("请缩小查询范围或先汇总", "narrow the query, or sum up first"),
        )
    mend = Text("请更正这条查询", "mend the query")
    text = str(told["text" if frank or told["error"] in _WITHOUT_VALUES else "error"])
    what = Text(f"引擎未能执行：{text}", f"the engine did not run it: {text}")
    return Invalid(what, mend, faults=(Fault("query", what, mend),))


def _late() -> Unavailable:
    return Unavailable(
        Text("规则执行超过时限，已终止", "it ran longer than it may and was ended"),
        Text("请简化规则，或拆出派生表", "make it simpler, or move a part to a derived table"),
    )


def _gone() -> Unavailable:
    return Unavailable(
        Text("规则执行进程已退出", "the worker that runs rules has ended"),
        Text("稍后会自动重试", "it is tried again by itself"),
    )

"""Stops a process at its N-th call that writes, whichever of its threads makes it.

A tracer by ``ptrace``: unlike counters of one thread or one kind of call, it counts every call that
changes a file below a folder, in the order in which the process makes them. At the N-th it either
kills the process before the call is made, or lets that call and all later ones fail.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SUPPORTED = platform.system() == "Linux" and platform.machine() == "x86_64"

_SEIZE, _INTERRUPT, _SYSCALL = 0x4206, 0x4207, 24
_PEEKUSER, _POKEUSER, _INFO = 3, 6, 0x420E
_OPTIONS = (
    0x1 | 0x2 | 0x4 | 0x8 | 0x100000
)  # good syscall stops, forks, threads; die with the tracer
_WALL = 0x40000000
_ORIG_RAX, _RAX = 15 * 8, 10 * 8
_ENTRY, _STOP = 1, 128
_O_CREAT = 0o100
_BY_HANDLE = {
    1: "write",
    18: "pwrite64",
    20: "writev",
    74: "fsync",
    75: "fdatasync",
    77: "ftruncate",
    285: "fallocate",
    296: "pwritev",
}
_BY_PATH = {  # which argument is the path
    82: ("rename", 1),
    83: ("mkdir", 0),
    84: ("rmdir", 0),
    86: ("link", 1),
    87: ("unlink", 0),
    258: ("mkdirat", 1),
    263: ("unlinkat", 1),
    264: ("renameat", 3),
    265: ("linkat", 3),
    316: ("renameat2", 3),
}
_OPENAT = 257
_SYNC = ("fsync", "fdatasync")
_REMOVES = ("unlink", "unlinkat", "rmdir")

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


@dataclass(frozen=True, slots=True)
class Call:
    """A call that changes a file: its name and the place, relative to the folder."""

    name: str
    place: str


class WriteCalls:
    """Counts the calls of a process that change something below ``folder``.

    ``at`` is the number of the call to stop at, 0 for none. With ``error`` it fails with that
    number, as does every later one; removals still work, and errors of a full disk spare the
    syncs. Without, the process is killed before the call.
    """

    def __init__(self, process: int, folder: Path, *, at: int = 0, error: int = 0) -> None:
        self.calls: list[Call] = []
        self._process, self._folder = process, str(folder.resolve())
        self._at, self._error = at, error
        self._failing: set[int] = set()
        self._killed = False
        _ptrace(_SEIZE, process, 0, _OPTIONS)
        _ptrace(_INTERRUPT, process)

    def run(self, start: Callable[[], object]) -> int:
        """Call ``start`` once the process is traced, go on to its end and return its exit code."""
        begun = False
        while True:
            thread, status = os.waitpid(-1, _WALL)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                if thread == self._process:
                    return os.waitstatus_to_exitcode(status)
                continue
            told = self._stopped(thread, status)
            with suppress(ProcessLookupError):  # killed meanwhile
                _ptrace(_SYSCALL, thread, 0, told)
            if not begun:
                begun = True
                start()

    def _stopped(self, thread: int, status: int) -> int:
        """Look at a thread that stands still; return the signal that it is to be given."""
        sort = os.WSTOPSIG(status)
        if status >> 16:
            return 0
        if sort != signal.SIGTRAP | 0x80:
            return sort
        with suppress(ProcessLookupError):
            self._look(thread)
        return 0

    def _look(self, thread: int) -> None:
        told = ctypes.create_string_buffer(88)
        _ptrace(_INFO, thread, len(told), ctypes.addressof(told))
        if told.raw[0] == _ENTRY:
            number, *given = struct.unpack_from("<7Q", told.raw, 24)
            call = self._call(number, given)
            if call is not None:
                self._count(thread, call)
        elif thread in self._failing:
            self._failing.discard(thread)
            _ptrace(_POKEUSER, thread, _RAX, -self._error)

    def _count(self, thread: int, call: Call) -> None:
        self.calls.append(call)
        if not self._at or len(self.calls) < self._at or self._killed:
            return
        if not self._error:
            self._killed = True
            os.kill(self._process, signal.SIGKILL)
        elif call.name not in _REMOVES and not (self._error == errno.ENOSPC and call.name in _SYNC):
            self._failing.add(thread)
            _ptrace(_POKEUSER, thread, _ORIG_RAX, -1)

    def _call(self, number: int, given: list[int]) -> Call | None:
        if number in _BY_HANDLE:
            name, place = _BY_HANDLE[number], self._behind(given[0])
        elif number in _BY_PATH:
            name, at = _BY_PATH[number]
            place = self._text(given[at])
        elif number == _OPENAT and given[2] & _O_CREAT:
            name, place = "create", self._text(given[1])
            if Path(place).exists():
                return None
        else:
            return None
        if not place.startswith("/"):
            place = str(self._based(number, given) / place)
        if place != self._folder and not place.startswith(f"{self._folder}/"):
            return None
        if place.endswith("-shm"):  # SQLite's shared memory: it is made anew by whoever comes
            return None
        return Call(name, place[len(self._folder) + 1 :])

    def _based(self, number: int, given: list[int]) -> Path:
        """Return the folder that a relative path is meant from."""
        at = {258: 0, 263: 0, 264: 2, 265: 2, 316: 2, _OPENAT: 0}.get(number)
        handle = -1 if at is None else ctypes.c_int(given[at] & 0xFFFFFFFF).value
        if handle < 0:
            return Path(f"/proc/{self._process}/cwd").resolve()
        return Path(self._behind(handle))

    def _behind(self, handle: int) -> str:
        with suppress(OSError):
            return str(Path(f"/proc/{self._process}/fd/{handle}").readlink())
        return ""

    def _text(self, address: int) -> str:
        with Path(f"/proc/{self._process}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            page = memory.read(4096 - address % 4096)
            if b"\0" not in page:
                page += memory.read(4096)
        return os.fsdecode(page.split(b"\0", 1)[0])


def _ptrace(request: int, process: int, place: int = 0, data: int = 0) -> None:
    if _LIBC.ptrace(request, process, place, data) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))

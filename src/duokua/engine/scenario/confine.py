"""What a worker gives up before it reads its first message (资源限制)."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path

from duokua.engine.scenario.sockets import can_refuse_sockets, refuse_sockets

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_FILES = 64
_NICENESS = 5
# Landlock: its calls have these numbers on every architecture.
_RULESET, _RULE, _RESTRICT, _BENEATH, _ASK_VERSION = 444, 445, 446, 1, 1
_FIRST_BITS, _MORE_SINCE = 13, (2, 3, 5)  # rights of files, and which versions have one more
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_LIMITS = ("/proc/self/cgroup", "/sys/fs/cgroup")  # the engine dies if it may not read its own
_NOWHERE = Path(os.devnull)


def confine(address_space: int) -> bool:
    """Give up the network, files, new privileges and all memory beyond ``address_space`` bytes.

    What the system does not allow to give up is left: the engine itself refuses files and network.
    Return whether files and sockets are given up for sure: only then may code run that is not the
    engine's.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.unshare(_NEWUSER | _NEWNET)  # -1 where it is not allowed
    for name, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_AS, address_space),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(name, (limit, limit))
    with suppress(OSError):
        os.nice(_NICENESS)
    alone = len(list(Path("/proc/self/task").iterdir())) == 1
    return alone and _shut_files(libc) and refuse_sockets(libc)


def can_confine() -> bool:
    """Tell whether this system can keep files and sockets from a process.

    Only then do functions of packs run.
    """
    if not can_refuse_sockets():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return bool(libc.syscall(_RULESET, None, 0, _ASK_VERSION) >= 1)


def _shut_files(libc: ctypes.CDLL) -> bool:
    """Give up every file but the modules of the program itself (Landlock), for all later threads.

    Later versions also know of connections, and of processes outside.
    """
    libc.syscall.restype = ctypes.c_long
    version = libc.syscall(_RULESET, None, 0, _ASK_VERSION)
    bits = _FIRST_BITS + sum(version >= since for since in _MORE_SINCE)
    both = 0b11  # listening and connecting; signals and sockets without a path
    told = [(1 << bits) - 1, *([both] if version >= 4 else []), *([both] if version >= 6 else [])]
    attributes = struct.pack(f"<{len(told)}Q", *told)
    ruleset = libc.syscall(_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:  # a system without it
        return False
    try:
        own = {*_own_folders(), *(Path(each) for each in _LIMITS if Path(each).exists())}
        allowed = [_allow(libc, ruleset, each) for each in (*own, _NOWHERE)]
        return all(allowed) and libc.syscall(_RESTRICT, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _own_folders() -> set[Path]:
    """Return where modules and what they are linked with are read from."""
    told = (Path(each) for each in (*sys.path, *_LIBRARIES) if each)
    kept = {each.resolve() for each in told if each.is_dir()}
    return kept - {Path("/")}


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> bool:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _EXECUTE | _READ | _LIST if path.is_dir() else _READ
        rights |= _WRITE if path == _NOWHERE else 0
        told = struct.pack("<Qi", rights, handle)
        return bool(libc.syscall(_RULE, ruleset, _BENEATH, told, 0) == 0)
    finally:
        os.close(handle)

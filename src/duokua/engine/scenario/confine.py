"""What a worker gives up before it reads its first message (资源限制)."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_FILES = 64
_NICENESS = 5


def confine(address_space: int) -> None:
    """Give up the network, files, new privileges and all memory beyond ``address_space`` bytes.

    What the system does not allow to give up is left: the engine itself refuses files and network.
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

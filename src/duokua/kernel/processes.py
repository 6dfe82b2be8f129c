"""Processes (进程): one that was started by another ends with it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1
_LOOK_AT_PARENT_S = 1.0


def die_with_parent() -> None:
    """End by SIGTERM when the parent ends, however it ends; nothing when there is none to follow.

    A supervisor that is killed must not leave a gateway behind that holds the port.
    """
    parent = os.getppid()
    if parent <= 1:
        return
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except (AttributeError, OSError):  # not Linux: the watch below does it alone
        logging.getLogger(__name__).info("no parent death signal on this system")
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_AT_PARENT_S)
    os.kill(os.getpid(), signal.SIGTERM)

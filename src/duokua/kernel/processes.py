"""Processes (进程): one that was started by another ends with it, and what the machine gives first."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
import time

PARENT = "DUOKUA_PARENT"  # not for the children's own children: it is taken out when read
_PR_SET_PDEATHSIG = 1
_LOOK_AT_PARENT_S = 1.0
_GRACE_S = 20.0  # longer than a gateway takes to let slow answers finish


def die_with_parent(*, grace_s: float = _GRACE_S) -> None:
    """End by SIGTERM when the parent ends, however it ends; nothing when there is none to follow.

    Whoever has not come to its end after ``grace_s`` seconds is ended by force.

    A supervisor that is killed must not leave a gateway behind that holds the port. It names itself
    in the variable ``PARENT``, for it may be gone before its child has come to look.
    """
    parent = os.getppid()
    if os.environ.pop(PARENT, str(parent)) != str(parent):
        raise SystemExit(0)
    if parent <= 1:
        return
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except (AttributeError, OSError):  # not Linux: the watch below does it alone
        logging.getLogger(__name__).info("no parent death signal on this system")
    threading.Thread(
        target=_watch, args=(parent, grace_s), name="parent-watch", daemon=True
    ).start()


def work_in_batches() -> None:
    """Ask the scheduler not to interrupt others each time a call comes in; children inherit it.

    Calls then gather while others run, and a busy server answers about a tenth more of them. On
    systems without it nothing changes.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except (AttributeError, OSError):
        logging.getLogger(__name__).info("no batch scheduling on this system")


def stand_back(niceness: int) -> None:
    """Let the calls of programs go first when the machine is busy."""
    if hasattr(os, "nice"):
        os.nice(niceness)


def _watch(parent: int, grace_s: float) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_AT_PARENT_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os.kill(os.getpid(), signal.SIGKILL)

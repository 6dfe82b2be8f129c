"""A process whose parent has ended before it came to look ends as well."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from duokua.kernel.processes import PARENT

CHILD = (
    "import os\nfrom duokua.kernel.processes import PARENT, die_with_parent\n"
    "die_with_parent()\nprint('alive', PARENT in os.environ)"
)


@pytest.mark.parametrize(
    ("named", "told"), [("mine", "alive False\n"), ("1", ""), (None, "alive False\n")]
)
def test_a_child_knows_its_parent(named: str | None, told: str) -> None:
    environ = dict(os.environ)
    if named:
        environ[PARENT] = str(os.getpid()) if named == "mine" else named
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == told


@pytest.mark.slow
def test_a_child_that_does_not_heed_the_signal_is_ended_by_force() -> None:
    """It shares our pipe, which closes once it is gone, too; its parent ends at once."""
    stubborn = (
        "import signal, time\nfrom duokua.kernel.processes import die_with_parent\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ndie_with_parent(grace_s=0.1)\n"
        "print('up', flush=True)\ntime.sleep(3600)"
    )
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {stubborn!r}])\n"
        "time.sleep(3600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True
    ) as told:
        assert told.stdout is not None
        assert told.stdout.readline() == "up\n"
        told.kill()
        assert told.stdout.read() == ""  # the end of the pipe: nobody holds it any more

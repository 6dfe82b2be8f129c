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

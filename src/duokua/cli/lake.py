"""The lake's facade for commands, and who runs them."""

from __future__ import annotations

import getpass
from typing import Any


def lake() -> Any:
    """Return the facade of the lake."""
    import django  # takes most of a second, which `--help` does not need

    django.setup()
    from duokua.lake import facade

    return facade


def operator() -> str:
    """Return the name under which acts at the terminal are recorded."""
    return f"operator:{getpass.getuser()}"

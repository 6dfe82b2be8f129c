"""Setting Django up for a command that needs the database."""

from __future__ import annotations

import django


def start() -> None:
    """Load the apps; cheap when it was done before."""
    django.setup(set_prefix=False)

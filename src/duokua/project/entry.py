"""The console script ``duokua``: joins settings and command line."""

from __future__ import annotations

import os


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")
    from duokua.cli.app import app  # after the settings are named

    app()

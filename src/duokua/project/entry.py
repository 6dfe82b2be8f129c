"""The console script ``duokua``: joins settings and command line."""

from __future__ import annotations

import os

OURS = {
    "demo": "duokua.project.demo.command:demo",
    "doctor": "duokua.project.doctor:doctor",
    "run": "duokua.project.run:run",
}


def main() -> None:
    """Run one command."""
    os.umask(os.umask(0o077) | 0o027)  # data, secrets' hashes and receipts are nobody else's
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")
    from duokua.cli.app import NOUNS, app  # after the settings are named

    NOUNS.update(OURS)  # those that join everything and so live on the top floor
    app.spoken = True
    app()

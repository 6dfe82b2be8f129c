"""Every test run has a home of its own, named before Django reads its settings."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.core.management import call_command

WEB = Path(__file__).parent / "web"
os.environ["DUOKUA_MQTT_PORT"] = "0"  # platforms side by side would want the same one
HOME = os.environ["DUOKUA_HOME"] = tempfile.mkdtemp(prefix="duokua-test-")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_database(request: pytest.FixtureRequest) -> None:
    """Give a test that uses the database an empty one.

    The web tests keep a district in it for their whole run; for all others it is taken away, within
    the transaction that their end rolls back, or for good when they have transactions of their own.
    """
    marker = request.node.get_closest_marker("django_db")
    if marker is None or WEB in request.node.path.parents:
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    call_command("flush", interactive=False, verbosity=0)

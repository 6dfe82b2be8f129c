"""A real PostgreSQL server of the test's own: a fresh cluster on a Unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_OWNER = "postgres"  # initdb refuses to run as root


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_owner(command: list[str]) -> list[str]:
    return ["runuser", "-u", _OWNER, "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """Start a cluster; yield the folder of its socket."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing, and CI leaves no group out")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="duokua-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        entry = pwd.getpwnam(_OWNER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    cluster, log = folder / "cluster", folder / "log"
    control = [str(programs / "pg_ctl"), "-D", str(cluster), "-w"]
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    init = [
        str(programs / "initdb"),
        "-D",
        str(cluster),
        "-U",
        "duokua",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    try:
        subprocess.run(_as_owner(init), check=True, capture_output=True, cwd="/")
        start = [*control, "-l", str(log), "-o", options, "start"]
        subprocess.run(_as_owner(start), check=True, capture_output=True, cwd="/")
        yield folder
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(_as_owner(stop), check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(server: Path) -> str:
    """A URL of the cluster's own database."""
    return f"postgresql://duokua@/postgres?host={server}"

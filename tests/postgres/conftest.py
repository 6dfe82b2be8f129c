"""A real PostgreSQL server of the test's own: a fresh cluster on a Unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time
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


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Path]:
    """Start a MariaDB with an account ``reader`` and a database ``water``; yield its socket."""
    server, install = shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), "mariadb-install-db"
    if server is None or shutil.which(install) is None:
        if os.environ.get("CI"):
            pytest.fail("MariaDB is missing, and CI leaves no group out")
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="duokua-my-", dir="/tmp"))
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "mysql", "mysql")
    data, socket = folder / "data", folder / "server.sock"
    made = [
        install,
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
    ]
    subprocess.run([*made, *user], check=True, capture_output=True, cwd="/")
    first = folder / "first.sql"
    first.write_text(
        "create database water character set utf8mb4;\n"
        "create user reader@localhost identified by 'se:c''r@t /';\n"
        "grant all on water.* to reader@localhost;\n"
    )
    first.chmod(0o644)
    options = [
        f"--datadir={data}",
        f"--socket={socket}",
        "--skip-networking",
        f"--init-file={first}",
    ]
    options += [f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, "--no-defaults", *options, *user], stderr=log, cwd="/")
    try:
        _await_mariadb(process, socket)
        yield socket
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _await_mariadb(process: subprocess.Popen[bytes], socket: Path) -> None:
    command = ["mariadb-admin", "--no-defaults", f"--socket={socket}", "--connect-timeout=2"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run([*command, "ping"], capture_output=True, check=False).returncode == 0:
            return
        threading.Event().wait(0.1)
    pytest.fail("MariaDB did not start")

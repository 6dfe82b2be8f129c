"""An erasure on a real PostgreSQL: no page of the catalogue's tables keeps an old value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from campaigns.erase_server import canary
from campaigns.test_erase_kill import SERVER, everything, variables

pytestmark = [pytest.mark.postgres, pytest.mark.campaign]


def pages(url: str) -> bytes:
    """Return the content of every file of the database, as it lies on the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")
        row = connection.execute(
            "select current_setting('data_directory'), oid from pg_database "
            "where datname = current_database()"
        ).fetchone()
    assert row is not None
    folder = Path(row[0]) / "base" / str(row[1])
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


@pytest.mark.skipif(os.geteuid() != 0, reason="the cluster's files are its owner's")
@pytest.mark.timeout(300)
def test_no_page_keeps_it(server: Path, database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop database if exists erasing")
        connection.execute("create database erasing")
    url = f"postgresql://duokua@/erasing?host={server}"
    environ = variables(tmp_path) | {"DUOKUA_DATABASE_URL": url}
    line = [sys.executable, str(SERVER)]
    subprocess.run([*line, "set_up", str(tmp_path)], env=environ, check=True)
    value = canary(0)
    assert value.encode() in pages(url)
    assert any(value in text for text in everything(tmp_path).values())
    done = subprocess.run(
        [*line, "erase_one", str(tmp_path)], env=environ, check=True, stdout=subprocess.PIPE
    )
    assert json.loads(done.stdout)["done"] == 1
    assert value.encode() not in pages(url)
    assert not any(value in text for text in everything(tmp_path).values())

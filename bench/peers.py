"""Peers as their users run them: Datasette on SQLite, ROAPI on Parquet, the same million rows."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow.parquet as pq

from bench import servers

_HERE = Path(__file__).parent
_ENVIRONMENT = _HERE / "scratch" / "peers-environment"
_COLUMNS = "id, name, resident_id, phone, department, born, score, changed_at"


def install() -> Path:
    """Install the pinned peers once; return their ``bin`` folder."""
    wanted = (_HERE / "peers.txt").read_text()
    stamp = _ENVIRONMENT / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = shutil.which("uv") or str(_HERE.parent / ".tools" / "bin" / "uv")
        subprocess.run(
            [uv, "venv", "-q", "--clear", "--python", sys.executable, str(_ENVIRONMENT)], check=True
        )
        subprocess.run(
            [uv, "pip", "install", "-q", "-r", str(_HERE / "peers.txt")],
            env={**os.environ, "VIRTUAL_ENV": str(_ENVIRONMENT)},
            check=True,
        )
        stamp.write_text(wanted)
    return _ENVIRONMENT / "bin"


def datasette(home: Path, work: Path) -> AbstractContextManager[int]:
    """Datasette on a copy of the index with the plain rows."""
    database = work / "world.db"
    if not database.exists():
        source = home / "serving" / "person_by_id" / "1.sqlite"
        with sqlite3.connect(database) as made:
            made.execute("attach ? as source", (str(source),))
            made.execute(
                "create table person (id integer primary key, name text, resident_id text, "
                "phone text, department text, born text, score real, changed_at text)"
            )
            made.execute(f"insert into person select {_COLUMNS} from source.rows order by id")
        made.close()
    port = servers.free_port()
    command = [str(install() / "datasette"), "-i", str(database), "-p", str(port)]
    return servers.running(command, port, "/-/versions.json")


def roapi(home: Path, work: Path) -> AbstractContextManager[int]:
    """ROAPI on the rows as one Parquet file, loaded into its memory."""
    source = home / "serving" / "person_by_id" / "1.parquet"
    file = work / "person.parquet"
    if not file.exists():
        pq.write_table(pq.read_table(source).drop(["_subject"]), file)
    port = servers.free_port()
    command = [
        str(install() / "roapi"),
        "--addr-http", f"127.0.0.1:{port}",
        "--addr-postgres", f"127.0.0.1:{servers.free_port()}",
        "--addr-flight-sql", f"127.0.0.1:{servers.free_port()}",
        "--table", f"person={file}",
    ]  # fmt: skip
    return servers.running(command, port, "/api/schema")


def check(rows: object) -> None:
    """Make sure that a peer really answered with a row."""
    if not json.dumps(rows).count("phone"):
        raise RuntimeError(f"a peer answered {rows!r}")

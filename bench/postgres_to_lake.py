"""How fast a PostgreSQL table comes into the lake: ``python -m bench.postgres_to_lake [--rows N]``.

A fresh cluster on a Unix socket holds a table of six columns; a source pulls it whole, through the
lake's facade with contract checks, statistics, catalogue and audit. Beside it the fetch alone.
Figures go into ``bench/results/postgres_to_lake.json``. PostgreSQL must be installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lake import _set_up as set_up
from duokua.lang.contract import Column, Contract, Kind, Level

RESULTS = Path(__file__).parent / "results" / "postgres_to_lake.json"
GOALS = {"rows_per_s": 1_000_000}
_OWNER = "postgres"  # initdb refuses to run as root
TABLE = (
    "create table readings as select i::bigint as id, 'S' || (i % 5000) as station, "
    "timestamptz '2020-01-01' + i * interval '1 minute' as seen_at, (i % 1000) * 0.1::float8 as pm25, "
    "i % 2 = 0 as valid, date '2020-01-01' + (i % 900)::int as day from generate_series(1, {rows}) as i"
)


def main() -> None:
    """Measure in folders of its own, print a table, store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    os.environ["BENCH_PASSWORD"] = "trusted"  # noqa: S105 - the cluster trusts its socket
    with tempfile.TemporaryDirectory(prefix="duokua-bench-") as name:
        set_up(Path(name) / "home")
        with cluster() as socket:
            figures = measure(socket, options.rows)
    told = {
        "name": "postgres_to_lake",
        "goals": GOALS,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": options.rows,
        **figures,
    }
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    if options.json:
        print(json.dumps(told))
        return
    for what, value in figures.items():
        goal = f"   reach {GOALS[what]:,}" if what in GOALS else ""
        print(f"{what:24}{value:>14,.2f}{goal}")


@contextmanager
def cluster() -> Iterator[Path]:
    """Run a PostgreSQL of the bench's own; yield the folder of its socket."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise SystemExit("PostgreSQL is needed: apt-get install postgresql")
    programs, folder = found[-1].parent, Path(tempfile.mkdtemp(prefix="duokua-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        entry = pwd.getpwnam(_OWNER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data, log = folder / "cluster", folder / "log"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    try:
        _run([str(programs / "initdb"), "-D", str(data), "-U", "duokua", "-A", "trust"])
        _run([*control, "-l", str(log), "-o", options, "start"])
        yield folder
    finally:
        _run([*control, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], *, check: bool = True) -> None:
    words = ["runuser", "-u", _OWNER, "--", *command] if os.geteuid() == 0 else command
    subprocess.run(words, check=check, capture_output=True, cwd="/")


def measure(socket: Path, rows: int) -> dict[str, float]:
    """Return the figures."""
    import psycopg

    from duokua.identity import facade as identity
    from duokua.kernel import clock
    from duokua.lake import facade as lake
    from duokua.lang.odcs import dump_contract

    with psycopg.connect(f"host={socket} user=duokua dbname=postgres", autocommit=True) as held:
        held.execute(TABLE.format(rows=rows))
        held.execute("analyze readings")
    identity.ensure_department("env", "环保", "Environment")
    lake.register(dump_contract(_contract()), by="bench", now=clock.now())
    lake.add_source(_source(socket), place="source.yaml", by="bench", now=clock.now())
    fetch = _fetch(socket, rows)
    began, used = time.perf_counter(), time.process_time()
    done = lake.run_source(
        "pull", key="bench", by="bench", now=clock.now(), progress=lambda done, total: None
    )
    took, cpu = time.perf_counter() - began, time.process_time() - used
    if done.rows != rows or lake.describe("readings").rows != rows:
        raise RuntimeError(f"{done.rows} rows came, not {rows}")
    return {
        "rows_per_s": round(rows / took),
        "seconds": round(took, 2),
        "processor_s": round(cpu, 2),
        "fetch_alone_rows_per_s": round(rows / fetch),
    }


def _fetch(socket: Path, rows: int) -> float:
    from adbc_driver_postgresql import dbapi

    began, found = time.perf_counter(), 0
    with (
        dbapi.connect(f"host={socket} user=duokua dbname=postgres") as held,
        held.cursor() as cursor,
    ):
        cursor.execute("select * from readings")
        with cursor.fetch_record_batch() as reader:
            found = sum(batch.num_rows for batch in reader)
    if found != rows:
        raise RuntimeError(f"{found} rows were fetched, not {rows}")
    return time.perf_counter() - began


def _contract() -> Contract:
    from duokua.kernel.text import Text

    kinds: dict[str, Kind] = {
        "id": Kind.INTEGER,
        "station": Kind.STRING,
        "seen_at": Kind.TIMESTAMP,
        "pm25": Kind.NUMBER,
        "valid": Kind.BOOLEAN,
        "day": Kind.DATE,
    }
    columns = tuple(
        Column(name, kind, Text(name, name), required=name == "id") for name, kind in kinds.items()
    )
    title = Text("监测", "readings")
    return Contract("readings", "1.0.0", title, title, "env", Level.L1, columns, ("id",))


def _source(socket: Path) -> str:
    return (
        f"source: pull\ndataset: readings\nkind: postgresql\n"
        f"url: 'postgresql://duokua@/postgres?host={socket}'\ntable: readings\nmode: replace\n"
        "secret: {env: BENCH_PASSWORD}\n"
    )


if __name__ == "__main__":
    main()

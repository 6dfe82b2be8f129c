"""The closed loop and sensing on a real PostgreSQL: the same tests as on SQLite, metadata over there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ledgers import EFFORT

pytestmark = pytest.mark.postgres
TESTS = Path(__file__).parent.parent
SAME: tuple[str, ...] = ("unit/loop/test_clocks.py", "unit/loop/test_measures.py",
                         "web/test_rest_cases.py", "unit/sensing/test_taking.py")  # fmt: skip
if EFFORT > 1:
    SAME += ("unit/loop/test_cases.py", "unit/loop/test_opening_cases.py",
             "unit/loop/test_joint_cases.py", "unit/loop/test_ending_cases.py",
             "unit/loop/test_evidence.py", "web/test_cases.py",
             "web/test_rest_evidence.py", "web/test_quiet.py", "web/test_scenario.py")  # fmt: skip
MACHINE = "generative/test_case_machine.py"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("modules", [SAME, (MACHINE,)], ids=["tables", "machine"])
def test_cases_are_the_same_on_postgresql(
    server: Path, database_url: str, modules: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    name = f"loop_{os.getpid()}_{len(modules)}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[arg-type]
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        "DUOKUA_DATABASE_URL": f"postgresql://duokua@/{name}?host={server}",
    }
    told = [str(TESTS / each) for each in modules]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *told],
        env=env, cwd=TESTS.parent, capture_output=True, text=True, timeout=800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout

"""The examples of an interface's page run as they stand: shell, Python, JavaScript, Java."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from duokua.exchange.examples import SECRET as SECRET_NAME
from duokua.exchange.examples import Call, Example, call_of, examples
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant
from duokua.lang.interface import Interface, Parameter, Shape
from gateway import district
from gateway.asking import serve_cube
from gateway.feeds import Feed
from gateway.test_cube import INTERFACE as CUBE
from gateway.test_cube import people
from gateway.test_inference import CONTRACT
from gateway.world import SECRET, Gateway

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CLIENT = Path(__file__).parents[2] / "clients" / "python" / "src"
PROGRAMS = {
    "curl": ("curl", ["bash"]),
    "python": (sys.executable, [sys.executable]),
    "client": (sys.executable, [sys.executable]),
    "arrow": (sys.executable, [sys.executable]),
    "export": (sys.executable, [sys.executable]),
    "javascript": ("node", ["node"]),
    "java": ("java", ["java", "-XX:TieredStopAtLevel=1"]),
}
EVERY = [each for each in PROGRAMS if each not in ("arrow", "export")]


def _call(
    gateway: Gateway,
    interface: Interface,
    grant: Grant | None,
    contract: Contract | None = None,
    **shown: str,
) -> Call:
    info = InterfaceInfo(interface, contract or district.contract(), 1, None, NOW)
    held = grant and GrantInfo(grant, "active", "a program", NOW, None, "")
    return call_of(f"http://127.0.0.1:{gateway.port}", info, held, shown)


def _example(call: Call, id_: str) -> Example:
    return next(each for each in examples(call) if each.id == id_)


def run(
    folder: Path, call: Call, id_: str, secret: str = SECRET
) -> subprocess.CompletedProcess[str]:
    """Write an example into its file and run it as its tab says."""
    program, command = PROGRAMS[id_]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    example = _example(call, id_)
    (folder / example.file).write_text(example.code, "utf-8")
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), SECRET_NAME: secret}
    if id_ in ("client", "arrow", "export"):
        environ["PYTHONPATH"] = str(CLIENT)
    return subprocess.run(
        [*command, example.file], cwd=folder, env={**environ, "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def printed(done: subprocess.CompletedProcess[str], row: str) -> int:
    """Return how often a mark of a row was printed by a program that ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout.count(row)


@pytest.mark.parametrize("id_", EVERY)
def test_a_look_up(gateway: Gateway, tmp_path: Path, id_: str) -> None:
    grant = gateway.home.grant(district.lookup(), purpose="巡查 \"q\" $HOME `x` \\u0041 'y'")
    done = run(tmp_path, _call(gateway, district.lookup(), grant, id="7"), id_)
    assert printed(done, "990108000000000007") == 1


@pytest.mark.parametrize("id_", EVERY)
def test_page_after_page(gateway: Gateway, tmp_path: Path, id_: str) -> None:
    grant = gateway.home.grant(district.page(), columns=("id", "department", "resident_id"))
    done = run(tmp_path, _call(gateway, district.page(), grant), id_)
    assert printed(done, "990108") == district.ROWS
    receipts = [told for told in gateway.home.receipts() if told.get("grant") == grant.id]
    assert len(receipts) >= district.ROWS / 1000
    if id_ == "curl":
        for name in ("rows.parquet", "export.parquet"):
            assert parquet.read_metadata(tmp_path / name).num_rows == district.ROWS


@pytest.mark.parametrize("id_", EVERY)
def test_the_groups_of_a_cube(gateway: Gateway, tmp_path: Path, id_: str) -> None:
    serve_cube(gateway.home, CUBE, CONTRACT, people())
    grant = gateway.home.grant(CUBE)
    done = run(tmp_path, _call(gateway, CUBE, grant, contract=CONTRACT), id_)
    assert printed(done, "rate") == 6
    assert all(f"S{at}" in done.stdout for at in range(6))


@pytest.mark.parametrize("id_", EVERY)
def test_what_changed(gateway: Gateway, tmp_path: Path, id_: str) -> None:
    feed = Feed(gateway)
    feed.load(district.rows(1200))
    grant = gateway.home.grant(feed.interface)
    done = run(tmp_path, _call(gateway, feed.interface, grant), id_)
    assert printed(done, "upsert") == 1200
    marks = {"client": "since 1", "java": '"version":1', "curl": "since=1"}
    assert marks.get(id_, "&since=1") in done.stdout


def test_all_rows_as_a_file(gateway: Gateway, tmp_path: Path) -> None:
    grant = gateway.home.grant(district.page(), columns=("id", "department"))
    done = run(tmp_path, _call(gateway, district.page(), grant), "export")
    assert printed(done, f"all_rows.parquet {district.ROWS} rows") == 1
    made = parquet.read_metadata(tmp_path / "all_rows.parquet")
    assert (made.num_rows, made.num_columns) == (district.ROWS, 2)
    open_page = _call(gateway, district.page("open_page", open_=True), None)
    assert "export" not in {one.id for one in examples(open_page)}
    assert "/exports" not in _example(open_page, "curl").code


@pytest.mark.parametrize("id_", EVERY)
def test_what_is_open_to_all(gateway: Gateway, tmp_path: Path, id_: str) -> None:
    call = _call(gateway, district.lookup("open_by_id", open_=True), None, id="7")
    assert SECRET_NAME not in _example(call, id_).code
    assert printed(run(tmp_path, call, id_), "990108000000000007") == 1


@pytest.mark.parametrize("id_", EVERY)
def test_a_verification_keeps_what_is_claimed_out_of_the_address(
    gateway: Gateway, tmp_path: Path, id_: str
) -> None:
    names = ("resident_id", "name")
    check = Interface(
        "example_check", "1.0.0", district.LABEL, district.LABEL, "resident", "civil",
        Shape.VERIFY, ("name",), tuple(Parameter(n, n, "eq", n != "name") for n in names), ("id",),
        key=("resident_id",),
    )  # fmt: skip
    gateway.home.serve(check, district.contract(), district.rows(20))
    grant = gateway.home.grant(check)
    call = _call(gateway, check, grant, resident_id="990108000000000007", name="没有这个人")
    assert "990108" not in call.url
    done = run(tmp_path, call, id_)
    assert printed(done, "alse") == 1, done.stdout
    assert "true" not in done.stdout.lower()


@pytest.mark.parametrize("id_", EVERY)
@pytest.mark.parametrize("cause", ["parameter", "secret"])
def test_a_refusal_is_told_and_ends_it(
    gateway: Gateway, tmp_path: Path, id_: str, cause: str
) -> None:
    grant = gateway.home.grant(district.lookup())
    call = _call(gateway, district.lookup(), grant, id="seven" if cause == "parameter" else "7")
    done = run(tmp_path, call, id_, SECRET if cause == "parameter" else "wrong")
    assert done.returncode != 0
    told = done.stdout + done.stderr
    expected = ("parameters_invalid", "seven") if cause == "parameter" else ("401",)
    if cause == "secret" and id_ == "curl":
        expected = ("token_invalid",)
    assert all(word in told for word in expected), told


def test_all_rows_as_arrow(gateway: Gateway, tmp_path: Path) -> None:
    grant = gateway.home.grant(district.page(), columns=("id", "department"))
    done = run(tmp_path, _call(gateway, district.page(), grant), "arrow")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{district.ROWS} rows ['id', 'department']\n"


def test_the_readme_of_the_client_runs(gateway: Gateway, tmp_path: Path) -> None:
    """The ten lines of its README, pointed at this gateway."""
    text = (CLIENT.parent / "README.md").read_text("utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    grant = gateway.home.grant(district.page(), columns=("id", "department"))
    for old, new in {
        "https://data.example": f"http://127.0.0.1:{gateway.port}", "my_program": grant.client,
        "site inspection": grant.purpose, "air_hourly": "residents",
        'station="S01"': 'department="D3"',
    }.items():  # fmt: skip
        assert old in code
        code = code.replace(old, new)
    (tmp_path / "readme.py").write_text(code, "utf-8")
    environ: dict[str, Any] = {SECRET_NAME: SECRET, "PYTHONPATH": str(CLIENT)}
    done = subprocess.run(
        [sys.executable, "readme.py"], cwd=tmp_path, env=environ, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *rows, last = done.stdout.splitlines()
    assert len(rows) == sum(row["department"] == "D3" for row in district.rows())
    assert json.loads(rows[0].replace("'", '"'))["department"] == "D3"
    assert last.startswith("r-")

"""The environment: every wrong variable is told at once, and the secret is made once."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from duokua.kernel import environment
from duokua.kernel.errors import Invalid


def test_the_least_is_a_home(tmp_path: Path) -> None:
    settings = environment.read({"DUOKUA_HOME": str(tmp_path)})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.lake == tmp_path / "lake"
    assert settings.database_url == f"sqlite:///{tmp_path}/duokua.sqlite3"
    assert Path(settings.anchor) == tmp_path / "anchors"
    assert (settings.language, settings.ledger_hash) == ("zh", "sm3")


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        ({}, "http://127.0.0.1:8000/cases/"),
        ({"DUOKUA_HOST": "::1", "DUOKUA_PORT": "90"}, "http://[::1]:90/cases/"),
        ({"DUOKUA_HOST": "0.0.0.0"}, "/cases/"),  # noqa: S104
        ({"DUOKUA_URL": "https://data.example/"}, "https://data.example/cases/"),
    ],
)
def test_letters_know_how_the_portal_is_reached(told: dict[str, str], reached: str) -> None:
    assert environment.read(told).address("/cases/") == reached
    assert environment.read(told).address("") == ""


@pytest.mark.parametrize(
    "url",
    [
        "data.example",
        "ftp://a",
        "https://a/b",
        "https://u:p@a",
        "https://a?x=1",
        "http://[",
        "http://a:0",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(Invalid) as told:
        environment.read({"DUOKUA_URL": url})
    assert [fault.where for fault in told.value.faults] == ["DUOKUA_URL"]


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    names = (
        "PORT",
        "HOST",
        "DATABASE_URL",
        "ENGINE",
        "STORAGE",
        "ANCHOR",
        "SECRET_FILE",
        "LANGUAGE",
    )
    empty = {f"DUOKUA_{name}": "" for name in names}
    told = environment.read({"DUOKUA_HOME": str(tmp_path), **empty})
    assert told == environment.read({"DUOKUA_HOME": str(tmp_path)})


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "８０", " ", "1e3", "9" * 5000])
def test_ports_that_are_none(port: str) -> None:
    with pytest.raises(Invalid) as told:
        environment.read({"DUOKUA_PORT": port})
    assert [fault.where for fault in told.value.faults] == ["DUOKUA_PORT"]


def test_all_that_is_wrong_at_once() -> None:
    wrong = {
        "DUOKUA_PORT": "x", "DUOKUA_DATABASE_URL": "x", "DUOKUA_ENGINE": "x",
        "DUOKUA_STORAGE": "s3://x", "DUOKUA_ANCHOR": "s3://x", "DUOKUA_LANGUAGE": "x",
        "DUOKUA_LEDGER_HASH": "x",
    }  # fmt: skip
    with pytest.raises(Invalid) as told:
        environment.read(wrong)
    assert {fault.where for fault in told.value.faults} == set(wrong)
    for fault in told.value.faults:
        assert fault.what.zh and fault.what.en and fault.mend.zh and fault.mend.en


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = environment.read({"DUOKUA_HOME": str(tmp_path / "new")})
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(settings.secret())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1 and len(found[0]) >= 64
    assert stat.S_IMODE(settings.secret_file.stat().st_mode) == 0o600
    assert [path.name for path in settings.secret_file.parent.iterdir()] == ["secret"]


def test_another_home_has_another_secret(tmp_path: Path) -> None:
    secrets = {
        environment.read({"DUOKUA_HOME": str(tmp_path / name)}).secret() for name in ("a", "b")
    }
    assert len(secrets) == 2


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = environment.read({"DUOKUA_HOME": str(tmp_path / "file" / "home")})
    with pytest.raises(Invalid, match="is not writable"):
        settings.make_home()
    environment.read({"DUOKUA_HOME": str(tmp_path / "a" / "b")}).make_home()
    assert (tmp_path / "a" / "b").is_dir()

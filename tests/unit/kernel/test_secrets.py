"""Secrets: an empty one is none, and no message repeats one."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.kernel import environment
from duokua.kernel.errors import Invalid


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_an_empty_secret_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    with pytest.raises(Invalid):
        environment.read({"DUOKUA_HOME": str(tmp_path)}).secret()


def test_a_wrong_address_is_not_repeated_with_its_password(tmp_path: Path) -> None:
    wrong = {
        "DUOKUA_HOME": str(tmp_path),
        "DUOKUA_DATABASE_URL": "postgres://user:p4ssw0rd@host/name",
        "DUOKUA_ANCHOR": "ftp://user:p4ssw0rd@host/",
    }
    with pytest.raises(Invalid) as told:
        environment.read(wrong)
    assert len(told.value.faults) == 2
    assert "p4ssw0rd" not in repr(told.value.faults)


@pytest.mark.parametrize(
    ("anchor", "fine"),
    [
        ("https://notary.example/anchors", True),
        ("http://127.0.0.1:9000/anchors", True),
        ("http://localhost/anchors", True),
        ("http://notary.example/anchors", False),
        ("http://127.0.0.1.notary.example/", False),
    ],
)
def test_anchors_do_not_travel_in_the_open(tmp_path: Path, anchor: str, fine: bool) -> None:
    told = {"DUOKUA_HOME": str(tmp_path), "DUOKUA_ANCHOR": anchor}
    if fine:
        assert environment.read(told).anchor == anchor
    else:
        with pytest.raises(Invalid) as refused:
            environment.read(told)
        assert [fault.where for fault in refused.value.faults] == ["DUOKUA_ANCHOR"]

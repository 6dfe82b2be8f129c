"""Files of an installation are for its owner and group only."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from duokua.project import entry
from duokua.project.demo.build import _write


@pytest.mark.parametrize(("before", "after"), [(0o022, 0o027), (0o077, 0o077), (0o002, 0o027)])
def test_nobody_else_may_read(before: int, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duokua.cli.app.app", lambda: None)
    mine = os.umask(before)
    try:
        entry.main()
    finally:
        found = os.umask(mine)
    assert found == after


def test_demo_accounts_are_their_owners(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_text("{")
    path.chmod(0o644)
    _write(path, {"accounts": []})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"accounts": []}
    assert [each.name for each in tmp_path.iterdir()] == ["demo.json"]

"""No floor knows a scenario by name: what a pack is called stands in its folder only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "duokua"
PACKS = sorted(
    path.parent.name
    for path in (ROOT / "packs").glob("*/pack.yaml")
    if (path.parent / "rules").is_dir()
)
WRITTEN = {".py", ".html", ".js", ".css", ".po", ".yaml", ".sql"}
DEMONSTRATION = SOURCE / "project" / "demo"  # which chooses what it shows


def test_there_are_packs_to_look_for() -> None:
    assert PACKS


@pytest.mark.parametrize("pack", PACKS)
def test_no_floor_names_a_pack(pack: str) -> None:
    named = re.compile(rf"\b{pack}\b")
    found = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*")
        if path.suffix in WRITTEN
        and DEMONSTRATION not in path.parents
        and path.is_file()
        and named.search(path.read_text("utf-8"))
    ]
    assert found == []

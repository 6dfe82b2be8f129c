"""What the browser is sent stays small, plain and licensed."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from duokua import shell
from duokua.shell.templatetags.duokua import OWN_ICONS

STATIC = Path(shell.__file__).parent / "static"
PACKAGE = Path(shell.__file__).parents[1]
OWN = sorted((STATIC / "shell").iterdir())


def test_sizes_of_what_is_written_here() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in OWN}
    assert sum(count for name, count in lines.items() if name.endswith(".css")) <= 600
    assert sum(count for name, count in lines.items() if name.endswith(".js")) <= 1500
    assert {name for name, count in lines.items() if name.endswith(".js") and count > 150} == set()


def test_all_files_of_a_page_fit_the_budget() -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 100_000


@pytest.mark.parametrize("folder", sorted((STATIC / "vendor").iterdir()), ids=lambda one: one.name)
def test_what_others_wrote_carries_its_licence(folder: Path) -> None:
    assert "MIT License" in (folder / "LICENSE").read_text()


@pytest.mark.parametrize("path", OWN, ids=lambda one: one.name)
def test_nothing_points_outside(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import", text)


def test_every_icon_is_drawn_and_every_drawing_used() -> None:
    sprite = (STATIC / "vendor" / "tabler" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    own = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "shell/marks.svg").read_text()))
    used: set[str] = set()
    for page in PACKAGE.rglob("*.html"):
        text = page.read_text()
        used |= set(re.findall(r'{% icon "([a-z0-9-]+)"', text))
        used |= set(re.findall(r'with pic="([a-z0-9-]+)"', text))
        used |= set(re.findall(r'pic\|default:"([a-z0-9-]+)"', text))
    used |= set(
        re.findall(r'"([a-z-]+)", (?:None|path)', (PACKAGE / "shell/context.py").read_text())
    )
    assert own == OWN_ICONS
    assert drawn & own == set()
    assert used - drawn - own == set()
    assert drawn - used == set()

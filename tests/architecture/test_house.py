"""The house in order: floors, sizes, docstrings, commands, settings, words."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "duokua"
BIN = Path(sys.executable).parent
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
# What the project must not speak of: its makers' surroundings.
FORBIDDEN = re.compile(
    r"/w[o]rk/|\.\./sh[a]red|\.l[i]brary/|farm-(studio|bench)|helper sess[i]on|mission r[o]w|/r[o]ot/"
)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".sh", ".po", ".txt", ""}


def sources() -> list[Path]:
    """Every module of the package but migrations."""
    return [path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts]


def test_the_floors_hold() -> None:
    done = subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_small_and_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    name = str(path.relative_to(SOURCE))
    assert ast.get_docstring(tree) or not text.strip(), f"{name} has no docstring"
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MOST_FUNCTION_LINES, f"{name}:{node.lineno} {node.name}: {lines} lines"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree with its full name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")
    from duokua.cli.app import NOUNS, app
    from duokua.project.entry import OURS

    NOUNS.update(OURS)
    yield from _below("duokua", app)


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _below(f"{name} {child}", found)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda told: str(told))
def test_a_command_shows_an_example(name: str, command: click.Command) -> None:
    assert "Example:" in (command.help or ""), f"{name} --help has no example"
    if not isinstance(command, click.Group):
        options = {option for param in command.params for option in param.opts}
        assert "--json" in options, f"{name} has no --json"


def test_settings_are_documented() -> None:
    read = set(re.findall(r"DUOKUA_[A-Z_]+", (SOURCE / "kernel" / "environment.py").read_text()))
    told = (ROOT / "README.md").read_text("utf-8")
    assert not [name for name in sorted(read) if f"`{name}`" not in told]


def test_nothing_speaks_of_its_makers_surroundings() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found = [
        f"{name}:{number}"
        for name in listed
        if Path(name).suffix in TEXT and (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert not found


@pytest.mark.slow
def test_no_migration_is_missing() -> None:
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "duokua.project.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
        env=environ, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

"""The terminal speaks the reader's language: usage errors, and the help of every command."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from duokua.cli import speaking
from duokua.cli.app import NOUNS, Nouns, app
from duokua.project.entry import OURS

DUOKUA = Path(sys.executable).with_name("duokua")


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def texts(command: click.Command) -> Iterator[str]:
    yield command.help or ""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield parameter.help or ""


def test_every_help_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    with (speaking.FOLDER / "zh_CN/LC_MESSAGES/messages.po").open("rb") as file:
        known = {str(each.id): str(each.string) for each in read_po(file) if each.id}
    for name, place in OURS.items():
        monkeypatch.setitem(NOUNS, name, place)
    assert isinstance(app, Nouns)
    lacking = {
        paragraph: path
        for path, command in commands(app, "duokua")
        for text in texts(command)
        for paragraph in inspect.cleandoc(text).split("\n\n")
        if paragraph and not paragraph.startswith("Example:") and not known.get(paragraph)
    }
    assert lacking == {}


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("pack chek", "没有命令 'chek'", "No such command 'chek'"),
        ("pack check", "缺少参数", "Missing argument"),
        ("notify address a b --channel x", "不在可选范围内", "is not one of"),
        ("pack check --help", "示例：duokua pack check packs/*", "Example: duokua pack check"),
        ("--help", "城区公共数据平台", "the public-data platform"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_said(line: str, zh: str, en: str, language: str, tmp_path: Path) -> None:
    variables = os.environ | {"DUOKUA_LANGUAGE": language, "DUOKUA_HOME": str(tmp_path)}
    done = subprocess.run(
        [DUOKUA, *line.split()], env=variables, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    wanted, other = (zh, en) if language == "zh" else (en, zh)
    assert wanted in said and other not in said
    assert done.returncode == (0 if "--help" in line else 2)

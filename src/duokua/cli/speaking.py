"""The terminal in the reader's language (命令行语言): the words of click, and the help of commands.

Help is written in English beside each command and translated by paragraph; what follows
``Example:`` is typed as it stands. Where the translations cannot be read, English is spoken.
"""

from __future__ import annotations

import gettext
import inspect
import os
from functools import cache
from pathlib import Path

import click

from duokua.kernel import environment
from duokua.kernel.text import Language

FOLDER = Path(__file__).parent / "locale"
_EXAMPLE = {"zh": "示例："}
_LOCALES = {"zh": "zh_CN"}
_DOMAIN = "messages"  # of click, which asks gettext by its default domain


def speak(command: click.Command) -> click.Command:
    """Return a command, with all that is below it, that speaks the reader's language."""
    language = environment.language()
    if language in _LOCALES and _ready(language):
        _tell(command, language)
    return command


@cache
def _ready(language: Language) -> bool:
    """Let click speak a language; tell whether it can."""
    name = _LOCALES[language]
    if not gettext.find(_DOMAIN, str(FOLDER), [name]):
        from duokua.shell.messages import compile_stale  # takes a moment, and once only

        try:
            compile_stale(FOLDER)
        except OSError:  # an installation that nobody may write
            return False
    gettext.bindtextdomain(_DOMAIN, str(FOLDER))
    os.environ["LANGUAGE"] = name
    return True


@cache
def _words(language: Language) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, str(FOLDER), [_LOCALES[language]], fallback=True)


def told(text: str, language: Language) -> str:
    """Return a help text in a language, paragraph by paragraph."""
    return "\n\n".join(_paragraph(each, language) for each in inspect.cleandoc(text).split("\n\n"))


def _paragraph(text: str, language: Language) -> str:
    if text.startswith("Example:"):
        return _EXAMPLE[language] + text.removeprefix("Example:").strip()
    return _words(language).gettext(text)


def _tell(command: click.Command, language: Language) -> None:
    if command.help:
        command.help = told(command.help, language)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = told(parameter.help, language)
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _tell(each, language)

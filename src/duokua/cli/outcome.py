"""What a command says and how it ends: text in the user's language or JSON, and an exit code.

0 done, 1 the input is wrong, 2 usage, 3 a part that is needed does not answer.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, ParamSpec

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Plain

from duokua.kernel import environment
from duokua.kernel.errors import DuokuaError, Unavailable
from duokua.kernel.text import Language, Text

WRONG_INPUT = 1
UNAVAILABLE = 3
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Tell:
    """Says things to a person, or one JSON value to a program."""

    as_json: bool
    language: Language = field(default_factory=lambda: environment.read().language)

    def answer(self, value: Any, lines: Sequence[Text]) -> None:
        """Say ``value`` as JSON, or ``lines``."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))
            return
        for line in lines:
            self.line(line)

    def line(self, text: Text) -> None:
        """Say a line."""
        click.echo(text.in_(self.language))

    def table(self, heads: Sequence[Text], rows: Sequence[Sequence[str]]) -> None:
        """Say a table; columns of figures are the caller's to format."""
        table = Table(box=None, pad_edge=False)
        for at, head in enumerate(heads):  # what names a row is copied, so it stays in one piece
            table.add_column(head.in_(self.language), overflow="fold", no_wrap=at == 0)
        for row in rows:
            table.add_row(*(Plain(cell) for cell in row))  # a bracket in data is no markup
        Console(file=sys.stdout).print(table)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into words, or with ``--json`` into JSON, and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except DuokuaError as error:
            _end(error, bool(kwargs.get("as_json")))
        except Exception as error:
            if type(error).__module__ != "django.db.utils":  # which is loaded late
                raise
            _end(_database(error), bool(kwargs.get("as_json")))

    return run


def _end(error: DuokuaError, as_json: bool) -> NoReturn:
    _say(error, as_json)
    sys.exit(UNAVAILABLE if isinstance(error, Unavailable) else WRONG_INPUT)


def _database(error: Exception) -> Unavailable:
    return Unavailable(
        Text(f"数据库不可用：{error}", f"the database does not answer: {error}"),
        Text(
            "请先启动一次平台（make run），并检查 DUOKUA_DATABASE_URL",
            "start the platform once (make run) and check DUOKUA_DATABASE_URL",
        ),
    )


def _say(error: DuokuaError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(error_json(error), ensure_ascii=False))
        return
    language = environment.language()  # the environment itself may be what is wrong
    lines = [f"{error.what.in_(language)} — {error.mend.in_(language)}"]
    lines += [
        f"  {fault.where.rstrip(': ')}: {fault.what.in_(language)} → {fault.mend.in_(language)}"
        for fault in error.faults
    ]
    click.echo("\n".join(lines), err=True)


def error_json(error: DuokuaError) -> dict[str, Any]:
    """Return an error as a plain value in both languages."""
    return {
        "code": error.code,
        "what": _both(error.what),
        "mend": _both(error.mend),
        "faults": [
            {"where": fault.where, "what": _both(fault.what), "mend": _both(fault.mend)}
            for fault in error.faults
        ],
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}

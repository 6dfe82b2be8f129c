"""The command tree. Each noun is a module of its own; it is imported when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from duokua.cli.speaking import speak

NOUNS = {
    "audit": "duokua.cli.audit:audit",
    "case": "duokua.cli.case:case",
    "client": "duokua.cli.client_key:client",
    "data": "duokua.cli.data:data",
    "department": "duokua.cli.identity:department",
    "device": "duokua.cli.device:device",
    "grant": "duokua.cli.grant:grant",
    "interface": "duokua.cli.interface:interface",
    "law": "duokua.cli.law:law",
    "pack": "duokua.cli.pack:pack",
    "person": "duokua.cli.identity:person",
    "rule": "duokua.cli.rule:rule",
    "jobs": "duokua.cli.jobs:jobs",
    "listing": "duokua.cli.listing:listing",
    "notify": "duokua.cli.notify:notify",
    "sensing": "duokua.cli.sensing:sensing",
    "stream": "duokua.cli.sensing:stream",
    "subject": "duokua.cli.subject:subject",
    "source": "duokua.cli.source:source",
    "receipts": "duokua.cli.receipts_subject:receipts",
}


class Nouns(click.Group):
    """A group that imports a noun's module only when that noun is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *NOUNS})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken = False  # in the reader's language; the console script says so
        self._told: set[str] = set()

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        self._speak(self, "")
        return super().make_context(info_name, args, *more, **extra)

    def _speak(self, command: click.Command, name: str) -> click.Command:
        """Return a command in the reader's language; each is translated once."""
        if self.spoken and name not in self._told:
            self._told.add(name)
            speak(command)
        return command

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOUNS:
            module, _, name = NOUNS[cmd_name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return self._speak(command, cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="duokua")
def app() -> None:
    """duokua (多跨): the public-data platform of a city district.

    Example: duokua data describe site_worker --json
    """

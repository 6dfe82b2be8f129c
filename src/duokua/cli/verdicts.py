"""Verifying a ledger from the command line, with a progress bar when on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from duokua.kernel import environment
from duokua.ledger.record import LedgerBroken
from duokua.ledger.verify import Verdict, report, verify


def verify_and_exit(name: str, ledger: Path | None, anchors: Path | None, as_json: bool) -> None:
    """Verify, report and exit: 0 sound, 1 not sound, 2 cannot be read."""
    if ledger is None:
        settings = environment.read()
        ledger = settings.ledger / name
        anchors = anchors or _known_anchors(settings.anchor, name)
    try:
        verdict = _with_bar(ledger, anchors)
    except (OSError, LedgerBroken) as error:
        click.echo(f"无法读取 cannot read: {error}", err=True)
        raise click.exceptions.Exit(2) from None
    click.echo(report(verdict, as_json=as_json))
    if anchors is None:
        click.echo(
            "  未核对锚点，无法发现整段改写与截断；请加 --anchors"
            " · no anchors compared: a rewritten or cut end goes unseen; give --anchors",
            err=True,
        )
    raise click.exceptions.Exit(0 if verdict.ok else 1)


def _known_anchors(place: str, name: str) -> Path | None:
    """Anchors in a folder are at hand; those sent to an address have to be fetched there."""
    path = Path(place) / f"{name}.anchors"
    return path if "://" not in place and path.exists() else None


def _with_bar(ledger: Path, anchors: Path | None) -> Verdict:
    if not sys.stderr.isatty():
        return verify(ledger, anchors)
    columns = (TextColumn("核验 verifying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verify", total=None)
        return verify(
            ledger,
            anchors,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )

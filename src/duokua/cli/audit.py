"""``duokua audit``: verify the record of back-office acts."""

from __future__ import annotations

from pathlib import Path

import click

from duokua.cli.verdicts import verify_and_exit


@click.group()
def audit() -> None:
    """Audit records (审计记录): who did what in the back office.

    Example: duokua audit verify
    """


@audit.command("verify")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--anchors", type=click.Path(path_type=Path), help="File of anchors, or its folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_audit(file: Path | None, anchors: Path | None, as_json: bool) -> None:
    """Verify the chain of audit records and its anchors, offline.

    FILE is a ledger folder or one of its segments; by default this installation's audit ledger.
    Exits with 0 when sound, 1 when not, 2 when it cannot be read.

    Example: duokua audit verify --json
    """
    verify_and_exit("audit", file, anchors, as_json)

"""``duokua receipts``: verify and list the receipts of governed calls."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from duokua.cli.verdicts import verify_and_exit
from duokua.kernel import clock, environment
from duokua.kernel.errors import DuokuaError
from duokua.serving.receipt_index import ReceiptRow, catch_up, find

_WIDTH = 140  # columns, where no terminal tells its own
_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def receipts() -> None:
    """Receipts (调用凭证): who used what, why.

    Example: duokua receipts verify
    """


@receipts.command("verify")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--anchors", type=click.Path(path_type=Path), help="File of anchors, or its folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_receipts(file: Path | None, anchors: Path | None, as_json: bool) -> None:
    """Verify the chain of receipts and its anchors, offline.

    FILE is a ledger folder or one of its segments; by default this installation's receipts. Exits
    with 0 when sound, 1 when not, 2 when it cannot be read.

    Example: duokua receipts verify /backup/receipts --anchors /mnt/notary/receipts.anchors
    """
    verify_and_exit("receipts", file, anchors, as_json)


@receipts.command("list")
@click.option("--interface", help="Only calls of this interface.")
@click.option("--client", help="Only calls of this client.")
@click.option("--grant", help="Only calls under this grant.")
@click.option("--purpose", help="Only calls for this purpose.")
@click.option("--since", type=_INSTANT, help="From this day or instant on (Asia/Shanghai).")
@click.option("--until", type=_INSTANT, help="Before this day or instant (Asia/Shanghai).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--cursor", type=click.IntRange(1), help="Go on below this number (`next`).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_receipts(
    interface: str | None,
    client: str | None,
    grant: str | None,
    purpose: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: int | None,
    as_json: bool,
) -> None:
    """List receipts, newest first.

    Example: duokua receipts list --interface air_hourly --since 2026-11-01 --limit 20
    """
    folder = environment.read().ledger
    index = folder / "receipts-index.sqlite3"
    try:
        with Console(stderr=True).status("更新索引 bringing the index up to date"):
            catch_up(folder / "receipts", index)
    except DuokuaError as error:
        click.echo(
            f"{error.what.zh} · {error.what.en}\n{error.mend.zh} · {error.mend.en}", err=True
        )
        raise click.exceptions.Exit(2) from None
    rows = find(
        index,
        interface=interface,
        client=client,
        grant=grant,
        purpose=purpose,
        since=_instant(since),
        until=_instant(until),
        before_seq=cursor,
        limit=limit,
    )
    following = rows[-1].seq if len(rows) == limit and rows[-1].seq > 1 else None
    if as_json:
        click.echo(json.dumps({"rows": list(map(_fields, rows)), "next": following}))
        return
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(_table(rows))
    if following:
        click.echo(f"更早的 older: --cursor {following}")


def _instant(told: datetime | None) -> datetime | None:
    return told.replace(tzinfo=clock.SHANGHAI) if told else None


def _fields(row: ReceiptRow) -> dict[str, object]:
    return {"id": row.id, **asdict(row), "at": clock.iso(row.at)}


def _table(rows: list[ReceiptRow]) -> Table:
    table = Table()
    for title in ("凭证 receipt", "时间 at", "接口 interface", "调用方 client"):
        table.add_column(title, no_wrap=True)
    table.add_column("用途 purpose")
    table.add_column("行数 rows", justify="right")
    table.add_column("状态 status")
    for row in rows:
        at = row.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        count = "" if row.rows is None else f"{row.rows:,}"
        table.add_row(row.id, at, row.interface, row.client, row.purpose, count, row.status)
    return table

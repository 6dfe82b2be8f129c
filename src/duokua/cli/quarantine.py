"""``duokua data quarantine``: what stands aside, out for correction and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.lake import lake, operator
from duokua.cli.landing import fault_json, fault_lines
from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import QuarantineInfo, StandingRow
    from duokua.lang.contract import Contract

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(exists=False, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_BATCH = click.option("--batch", required=True, help="The batch's id.")
_HIDDEN = "•••"


@click.group()
def quarantine() -> None:
    """Rows that break their contract and stand aside (隔离区).

    Example: duokua data quarantine list air_quality
    """


@quarantine.command(name="list")
@click.argument("dataset")
@click.option("--batch", help="Only of this batch.")
@click.option("--reason", help="Only rows with this fault, e.g. missing, twice, timestamp.")
@click.option("--column", help="Only rows with a fault in this column.")
@click.option("--after", help="Go on behind the page that told this.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_JSON
@guarded
def list_(
    dataset: str,
    batch: str | None,
    reason: str | None,
    column: str | None,
    after: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what stands aside, by batch and row; personal values stay unsaid.

    Example: duokua data quarantine list air_quality --reason missing
    """
    facade, tell = lake(), Tell(as_json)
    counts = facade.quarantines(dataset, viewer=None)
    page = facade.quarantine(
        dataset, viewer=None, batch=batch, reason=reason, column=column, after=after, limit=limit
    )
    contract = facade.contract(dataset)
    if as_json:
        rows = [_row_json(row, contract) for row in page.rows]
        batches = [_info_json(each) for each in counts]
        tell.answer({"batches": batches, "rows": rows, "following": page.following}, [])
        return
    for each in counts:
        tell.line(_headline(each))
        for line in fault_lines(each.faults):
            tell.line(line)
    _table(tell, page.rows, contract)
    if page.following:
        zh, en = f"后续：--after {page.following}", f"more: --after {page.following}"
        tell.line(Text(zh, en))


def _headline(info: QuarantineInfo) -> Text:
    zh = f"批次 {info.batch}：隔离 {info.left:,} 行（原有 {info.rows:,} 行）"
    return Text(zh, f"batch {info.batch}: {info.left:,} of {info.rows:,} rows stand aside")


def _table(tell: Tell, rows: tuple[StandingRow, ...], contract: Contract) -> None:
    heads = [Text("批次", "batch"), Text("行", "row"), Text("列", "column")]
    heads += [Text("值", "value"), Text("问题", "fault"), Text("更正办法", "mend")]
    tell.table(
        heads,
        [
            [
                row.batch,
                str(row.row),
                fault.column,
                _HIDDEN if _shut(contract, fault.column) else fault.value or "",
                fault.what.in_(tell.language),
                fault.mend.in_(tell.language),
            ]
            for row in rows
            for fault in row.faults
        ],
    )


def _shut(contract: Contract, place: str) -> bool:
    """Tell whether a value stays unsaid at the terminal; ``place`` may name several columns."""
    return not all(contract.may_show(name) for name in place.split(", "))


def _row_json(row: StandingRow, contract: Contract) -> dict[str, Any]:
    faults = [
        {
            "column": fault.column,
            "reason": fault.reason,
            "value": None if _shut(contract, fault.column) else fault.value,
            "withheld": _shut(contract, fault.column),
            "what": {"zh": fault.what.zh, "en": fault.what.en},
            "mend": {"zh": fault.mend.zh, "en": fault.mend.en},
        }
        for fault in row.faults
    ]
    return {"batch": row.batch, "row": row.row, "faults": faults}


def _info_json(info: QuarantineInfo) -> dict[str, Any]:
    return {
        "batch": info.batch,
        "rows": info.rows,
        "left": info.left,
        "faults": fault_json(info.faults),
        "at": clock.iso(info.at),
    }


@quarantine.command()
@click.argument("dataset")
@_BATCH
@click.option("-o", "--output", "into", required=True, type=_NEW, help="The CSV to write.")
@_JSON
@guarded
def download(dataset: str, batch: str, into: Path, as_json: bool) -> None:
    """Write what stands aside of a batch as a CSV to correct, for your eyes only (mode 0600).

    Example: duokua data quarantine download air_quality --batch 2026-05-06 -o mend.csv
    """
    tell = Tell(as_json)
    lines = lake().download_quarantine(
        dataset, batch, viewer=None, language=tell.language, by=operator(), now=clock.now()
    )
    try:
        handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        what = Text(f"无法写入 {into}：{error}", f"cannot write {into}: {error}")
        raise Invalid(what, Text("请换一个文件名", "name another file")) from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    zh, en = (
        f"已写入 {into}，更正后用 replay 汇聚",
        f"written to {into}; correct it, then replay it",
    )
    tell.answer({"file": str(into)}, [Text(zh, en)])


@quarantine.command()
@click.argument("dataset")
@click.argument("corrected", type=_FILE)
@_BATCH
@_JSON
@guarded
def replay(dataset: str, corrected: Path, batch: str, as_json: bool) -> None:
    """Bring corrected rows back as a batch of their own, once.

    Example: duokua data quarantine replay air_quality mend.csv --batch 2026-05-06
    """
    facade = lake()
    result = facade.replay(dataset, batch, corrected, viewer=None, by=operator(), now=clock.now())
    tell, contract = Tell(as_json), facade.contract(dataset)
    value = {
        "landed": result.landed,
        "batch": result.batch,
        "rows": result.rows,
        "version": result.version,
        "left": result.left,
        "still": [_row_json(row, contract) for row in result.still],
    }
    zh = f"已汇聚更正的 {result.rows:,} 行（版本 {result.version}），隔离区剩 {result.left:,} 行"
    en = f"landed {result.rows:,} corrected rows (version {result.version}), {result.left:,} left"
    if not result.landed:
        zh, en = (
            "这些更正此前已汇聚，未重复写入",
            "these corrections had landed; nothing was written",
        )
    tell.answer(value, [Text(zh, en)])
    if result.still and not as_json:
        _table(tell, result.still, contract)


@quarantine.command()
@click.argument("dataset")
@_BATCH
@click.option("--row", "rows", type=int, multiple=True, help="A row; all of the batch by default.")
@click.option("--reason", required=True, help="Why; kept in the audit record.")
@_JSON
@guarded
def dismiss(dataset: str, batch: str, rows: tuple[int, ...], reason: str, as_json: bool) -> None:
    """Let rows leave the quarantine for a reason, without coming back.

    Example: duokua data quarantine dismiss air_quality --batch 2026-05-06 --reason "test rows"
    """
    info = lake().dismiss(
        dataset,
        batch,
        rows=rows or None,
        reason=reason,
        viewer=None,
        by=operator(),
        now=clock.now(),
    )
    Tell(as_json).answer(_info_json(info), [_headline(info)])

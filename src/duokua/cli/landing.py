"""``duokua data ingest`` and ``withdraw``: bring a batch in, take it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.lake import lake, operator
from duokua.cli.outcome import Tell, guarded
from duokua.cli.progress import row_progress
from duokua.engine.reasons import REASONS
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import FaultCount, IngestResult, Withdrawal

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--dataset", required=True, help="The dataset's id.")
@click.option("--batch", help="The batch's id; by default the SHA-256 of the file.")
@click.option(
    "--mode",
    type=click.Choice(["append", "replace", "upsert"]),
    default="append",
    help="Add rows, put them in place of all, or of those with the same key.",
)
@click.option(
    "--newest-by",
    metavar="COLUMN",
    help="With upsert: an older row, by this column, never overwrites a newer one.",
)
@click.option("--strict", is_flag=True, help="All or nothing: no row may stand aside.")
@_JSON
@guarded
def ingest(
    file: Path,
    dataset: str,
    batch: str | None,
    mode: str,
    newest_by: str | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Bring in a file as one batch, once; rows that break the contract stand aside.

    Example: duokua data ingest air.csv --dataset air_quality --batch 2026-05-06
    """
    facade = lake()
    with row_progress(shown=not as_json) as progress:
        result = facade.ingest(
            dataset,
            file,
            batch=batch,
            mode=mode,
            newest_by=newest_by,
            strict=strict,
            by=operator(),
            now=clock.now(),
            progress=progress,
        )
    Tell(as_json).answer(_ingest_json(result), _ingest_lines(result))


def _ingest_lines(result: IngestResult) -> list[Text]:
    rate = round(result.rows / result.seconds) if result.seconds else 0
    zh = f"版本 {result.version}，{result.rows:,} 行，{result.seconds:.1f} 秒，每秒 {rate:,} 行"
    en = f"version {result.version}, {result.rows:,} rows, {result.seconds:.1f} s, {rate:,} rows/s"
    if not result.landed:
        zh = f"该批次此前已汇聚（版本 {result.version}），未重复写入"
        en = f"this batch had landed before (version {result.version}); nothing was written"
        return [Text(zh, en)]
    lines = [Text(f"已汇聚：{zh}", f"landed: {en}")]
    if result.aside:
        see = f"duokua data quarantine list {result.dataset} --batch '{result.batch}'"
        zh = f"另有 {result.aside:,} 行进入隔离区，见 {see}"
        lines.append(Text(zh, f"{result.aside:,} rows stand aside, see {see}"))
        lines += fault_lines(result.faults)
    return lines


def fault_lines(faults: tuple[FaultCount, ...]) -> list[Text]:
    """Return a line for each kind of fault."""
    return [
        Text(
            f"  {each.column}：{each.rows:,} 行，{REASONS[each.reason][0].zh}",
            f"  {each.column}: {each.rows:,} rows, {REASONS[each.reason][0].en}",
        )
        for each in faults
    ]


def fault_json(faults: tuple[FaultCount, ...]) -> list[dict[str, Any]]:
    """Return counts of faults as plain values."""
    return [{"column": one.column, "reason": one.reason, "rows": one.rows} for one in faults]


def _ingest_json(result: IngestResult) -> dict[str, Any]:
    return {
        "landed": result.landed,
        "dataset": result.dataset,
        "batch": result.batch,
        "rows": result.rows,
        "version": result.version,
        "seconds": round(result.seconds, 3),
        "aside": result.aside,
        "faults": fault_json(result.faults),
    }


@click.command()
@click.argument("dataset")
@click.option("--batch", required=True, help="The batch's id.")
@click.option("--reason", default="", help="Why; kept in the audit record.")
@click.option("--yes", is_flag=True, help="Do it; without this only the impact is shown.")
@_JSON
@guarded
def withdraw(dataset: str, batch: str, reason: str, yes: bool, as_json: bool) -> None:
    """Withdraw an appended batch; what would be felt is shown first.

    Example: duokua data withdraw air_quality --batch 2026-05-06 --reason "wrong file" --yes
    """
    facade, now = lake(), clock.now()
    if yes:
        told = facade.withdraw(dataset, batch, reason=reason, viewer=None, by=operator(), now=now)
    else:
        told = facade.foresee_withdrawal(dataset, batch, viewer=None, now=now)
    Tell(as_json).answer(_withdrawal_json(told), _withdrawal_lines(told))


def _withdrawal_lines(told: Withdrawal) -> list[Text]:
    if told.done:
        zh = f"已撤回：移除 {told.rows:,} 行，剩余 {told.left:,} 行，版本 {told.version}"
        en = f"withdrawn: {told.rows:,} rows gone, {told.left:,} left, version {told.version}"
    else:
        zh = f"将移除 {told.rows:,} 行，剩余 {told.left:,} 行；加 --yes 执行"
        en = f"would take {told.rows:,} rows away and leave {told.left:,}; add --yes to do it"
    lines = [Text(zh, en)]
    if told.aside:
        zh, en = f"  隔离区 {told.aside:,} 行随之移出", f"  {told.aside:,} quarantined rows go, too"
        lines.append(Text(zh, en))
    for each in told.affected:
        what = (
            Text("接口", "interface") if each.kind == "interface" else Text("派生数据集", "dataset")
        )
        zh = f"  影响{what.zh} {each.id}（{each.title.zh}），授权 {each.grants} 项"
        en = f"  concerns {what.en} {each.id} ({each.title.en}), {each.grants} grants"
        lines.append(Text(zh, en))
    return lines


def _withdrawal_json(told: Withdrawal) -> dict[str, Any]:
    return {
        "dataset": told.dataset,
        "batch": told.batch,
        "done": told.done,
        "rows": told.rows,
        "left": told.left,
        "aside": told.aside,
        "version": told.version,
        "affected": [
            {"kind": each.kind, "id": each.id, "grants": each.grants} for each in told.affected
        ],
    }

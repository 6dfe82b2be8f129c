"""``duokua data``: register contracts, bring in files, see what there is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.erase import erase, erased
from duokua.cli.lake import lake, operator
from duokua.cli.landing import ingest, withdraw
from duokua.cli.lineage import lineage, refresh
from duokua.cli.match import match
from duokua.cli.outcome import Tell, guarded
from duokua.cli.propose import propose
from duokua.cli.quality import quality
from duokua.cli.quarantine import quarantine
from duokua.cli.query import query
from duokua.cli.upkeep import compact, vacuum
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lang.odcs import dump_contract

if TYPE_CHECKING:
    from duokua.lake.facade import DatasetInfo

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_PAGE = 1000


@click.group()
def data() -> None:
    """The lake: contracts, datasets and batches (数据湖).

    Example: duokua data ingest air.csv --dataset air_quality
    """


@data.command()
@click.argument("contract", type=_FILE)
@_JSON
@guarded
def register(contract: Path, as_json: bool) -> None:
    """Register an ODCS contract, or a new version of it.

    Example: duokua data register air_quality.odcs.yaml
    """
    facade = lake()
    text = contract.read_text(encoding="utf-8", errors="replace")
    info = facade.register(text, source=str(contract), by=operator(), now=clock.now())
    tell = Tell(as_json)
    tell.answer(
        _dataset_json(info),
        [
            Text(
                f"已登记数据集 {info.id}，契约 {info.contract.version}",
                f"registered dataset {info.id}, contract {info.contract.version}",
            )
        ],
    )


@data.command()
@click.argument("dataset")
@click.option("--contract", "only", is_flag=True, help="Print its contract as an ODCS file.")
@_JSON
@guarded
def describe(dataset: str, only: bool, as_json: bool) -> None:
    """Show a dataset: contract, exact rows, nulls, least and greatest values.

    Example: duokua data describe air_quality --contract > contracts/air_quality.odcs.yaml
    """
    info = lake().describe(dataset)
    tell = Tell(as_json)
    if only:
        click.echo(dump_contract(info.contract), nl=False)
        return
    if as_json:
        tell.answer(_dataset_json(info), [])
        return
    tell.line(
        Text(
            f"{info.id}：{info.title.zh}（{info.level}，{info.owner}，契约 {info.contract.version}）",
            f"{info.id}: {info.title.en} ({info.level}, {info.owner}, "
            f"contract {info.contract.version})",
        )
    )
    tell.line(
        Text(
            f"{info.rows:,} 行，版本 {info.version}，更新于 {_instant(info.refreshed_at)}",
            f"{info.rows:,} rows, version {info.version}, refreshed {_instant(info.refreshed_at)}",
        )
    )
    _columns(tell, info)


def _columns(tell: Tell, info: DatasetInfo) -> None:
    heads = [
        Text("列", "column"),
        Text("名称", "title"),
        Text("类型", "kind"),
        Text("分级", "level"),
        Text("空值", "nulls"),
        Text("最小", "least"),
        Text("最大", "greatest"),
    ]
    rows = []
    for column in info.contract.columns:
        stats = info.stats.get(column.name)
        shut = not info.contract.may_show(column.name)
        bounds = (stats.min, stats.max) if stats else (None, None)
        rows.append(
            [
                column.name,
                column.title.in_(tell.language),
                column.kind.value,
                column.level.value,
                f"{stats.nulls:,}" if stats else "–",
                *("•••" if shut else "–" if bound is None else str(bound) for bound in bounds),
            ]
        )
    tell.table(heads, rows)


@data.command(name="list")
@click.option("--search", help="Words in ids, titles and columns.")
@_JSON
@guarded
def list_(search: str | None, as_json: bool) -> None:
    """List the datasets.

    Example: duokua data list --search air
    """
    found = lake().datasets(search=search, limit=_PAGE)
    tell = Tell(as_json)
    if as_json:
        tell.answer([_dataset_json(info, brief=True) for info in found], [])
        return
    heads = [Text("数据集", "dataset"), Text("名称", "title"), Text("分级", "level")]
    heads += [Text("行数", "rows"), Text("更新", "refreshed")]
    tell.table(
        heads,
        [
            [
                info.id,
                info.title.in_(tell.language),
                info.level.value,
                f"{info.rows:,}",
                _instant(info.refreshed_at),
            ]
            for info in found
        ],
    )


def _instant(at: datetime | None) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else "–"


def _dataset_json(info: DatasetInfo, *, brief: bool = False) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": info.id,
        "title": {"zh": info.title.zh, "en": info.title.en},
        "owner": info.owner,
        "level": info.level.value,
        "contract": info.contract.version,
        "version": info.version,
        "rows": info.rows,
        "refreshed_at": clock.iso(info.refreshed_at) if info.refreshed_at else None,
    }
    if not brief:
        value["key"] = list(info.contract.key)
        value["columns"] = [_column_json(info, name) for name in info.contract.by_name]
    return value


def _column_json(info: DatasetInfo, name: str) -> dict[str, Any]:
    column, stats = info.contract.by_name[name], info.stats.get(name)
    value: dict[str, Any] = {
        "name": name,
        "kind": column.kind.value,
        "level": column.level.value,
        "personal": column.personal,
        "required": column.required,
        "unit": column.unit,
    }
    if stats:
        value |= {"nulls": stats.nulls, "min": stats.min, "max": stats.max, "withheld": False}
        if not info.contract.may_show(column.name):
            value |= {"min": None, "max": None, "withheld": True}
    return value


data.add_command(query)
data.add_command(quality)
data.add_command(lineage)
data.add_command(refresh)
data.add_command(propose)
data.add_command(ingest)
data.add_command(withdraw)
data.add_command(quarantine)
data.add_command(match)
data.add_command(compact)
data.add_command(vacuum)
data.add_command(erase)
data.add_command(erased)

"""``duokua source``: where datasets' rows come from, and fetching them now."""

from __future__ import annotations

import getpass
import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.progress import row_progress
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import SourceInfo, SourceRun

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def source() -> None:
    """Sources (数据源): databases, folders and HTTP addresses that feed datasets.

    Example: duokua source run water_level_pull
    """


@source.command()
@click.argument("file", type=_FILE)
@_JSON
@guarded
def add(file: Path, as_json: bool) -> None:
    """Add a source, or change it, from its YAML file.

    Example: duokua source add water_level_pull.yaml
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    info = _lake().add_source(text, place=str(file), by=_operator(), now=clock.now())
    name, dataset = info.declared.id, info.declared.dataset
    said = Text(f"已登记数据源 {name} → {dataset}", f"added the source {name} → {dataset}")
    Tell(as_json).answer(source_json(info), [said])


@source.command(name="list")
@click.option("--dataset", help="Only those of this dataset.")
@_JSON
@guarded
def list_(dataset: str | None, as_json: bool) -> None:
    """List the sources, how far each has come and when it runs next.

    Example: duokua source list --json
    """
    found, tell = _lake().sources(dataset), Tell(as_json)
    if as_json:
        tell.answer([source_json(info) for info in found], [])
        return
    heads = [Text("数据源", "source"), Text("数据集", "dataset"), Text("类型", "kind")]
    heads += [
        Text("方式", "mode"),
        Text("已到", "up to"),
        Text("上次", "last"),
        Text("下次", "next"),
    ]
    rows = [
        [
            info.declared.id,
            info.declared.dataset,
            info.declared.kind.value,
            info.declared.mode,
            info.upto or "–",
            _instant(info.ran_at),
            _instant(info.next_at),
        ]
        for info in found
    ]
    tell.table(heads, rows)


@source.command()
@click.argument("name")
@_JSON
@guarded
def run(name: str, as_json: bool) -> None:
    """Fetch what a source has, now and here; without a schedule nothing else does.

    A folder's files are taken when they have not changed since it was last looked at.

    Example: duokua source run water_level_pull --json
    """
    lake = _lake()
    with row_progress(shown=not as_json) as progress:
        done = lake.run_source(
            name,
            key=f"run-{uuid.uuid4()}",
            by=_operator(),
            now=clock.now(),
            progress=progress or (lambda done, total: None),
        )
    Tell(as_json).answer(run_json(done), [_said(done)])


def _said(done: SourceRun) -> Text:
    zh = f"已汇聚 {done.rows:,} 行，{len(done.batches)} 个批次"
    en = f"landed {done.rows:,} rows in {len(done.batches)} batches"
    if done.refused:
        zh += f"；{len(done.refused)} 个文件有误，原因见 failed 文件夹"
        en += f"; {len(done.refused)} files are wrong, see the folder failed for the reasons"
    if done.pending:
        zh += f"；{done.pending} 个文件待下次确认不再变化"
        en += f"; {done.pending} files wait until they have come to rest"
    return Text(zh, en)


@source.command()
@click.argument("name")
@_JSON
@guarded
def remove(name: str, as_json: bool) -> None:
    """Remove a source; what it brought stays.

    Example: duokua source remove water_level_pull
    """
    _lake().remove_source(name, by=_operator(), now=clock.now())
    said = Text(f"已删除数据源 {name}", f"removed the source {name}")
    Tell(as_json).answer({"removed": name}, [said])


def _lake() -> Any:
    start()
    from duokua.lake import facade

    return facade


def _operator() -> str:
    return f"operator:{getpass.getuser()}"


def _instant(at: datetime | None) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def source_json(info: SourceInfo) -> dict[str, Any]:
    """Return a source as a plain value."""
    declared = info.declared
    return {
        "source": declared.id,
        "dataset": declared.dataset,
        "kind": declared.kind.value,
        "mode": declared.mode,
        "from": declared.url or declared.folder,
        "cursor": declared.cursor or None,
        "upto": info.upto or None,
        "rows": info.rows,
        "ran_at": clock.iso(info.ran_at) if info.ran_at else None,
        "next_at": clock.iso(info.next_at) if info.next_at else None,
    }


def run_json(done: SourceRun) -> dict[str, Any]:
    """Return what a run brought as a plain value."""
    told: dict[str, Any] = {"rows": done.rows, "batches": list(done.batches)}
    return told | {"refused": list(done.refused), "pending": done.pending}

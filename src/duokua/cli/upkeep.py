"""``duokua data compact`` and ``vacuum``: the lake's upkeep by hand (数据维护)."""

from __future__ import annotations

import click

from duokua.cli.lake import lake, operator
from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.text import Text

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MEGABYTE = 1_000_000


@click.command()
@click.argument("dataset")
@click.option(
    "--apart",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="So many of the newest batches keep files of their own.",
)
@_JSON
@guarded
def compact(dataset: str, apart: int, as_json: bool) -> None:
    """Merge small files (合并小文件); batches merged with others cannot be withdrawn alone.

    Example: duokua data compact air_quality --apart 8
    """
    done = lake().compact(dataset, apart=apart, by=operator(), now=clock.now())
    value = {
        "dataset": done.dataset,
        "done": done.done,
        "before": done.before,
        "after": done.after,
        "version": done.version,
    }
    zh = f"已合并：{done.before:,} 个文件变为 {done.after:,} 个（版本 {done.version}）"
    en = f"merged: {done.before:,} files became {done.after:,} (version {done.version})"
    if not done.done:
        zh, en = (
            f"无可合并的小文件（共 {done.before:,} 个文件）",
            f"no small files to merge ({done.before:,} files in all)",
        )
    Tell(as_json).answer(value, [Text(zh, en)])


@click.command()
@click.argument("dataset")
@click.option("--yes", "do", is_flag=True, help="Remove them; without it they are only counted.")
@_JSON
@guarded
def vacuum(dataset: str, do: bool, as_json: bool) -> None:
    """Remove files that no version of the last 7 days needs (清理旧文件), with --yes.

    Example: duokua data vacuum air_quality --yes
    """
    told = lake().vacuum(dataset, do=do, by=operator(), now=clock.now())
    value = {
        "dataset": told.dataset,
        "done": told.done,
        "files": list(told.files),
        "bytes": told.size,
    }
    size = f"{told.size / _MEGABYTE:,.1f} MB"
    zh, en = (
        f"可清理 {len(told.files):,} 个旧文件，{size}；加 --yes 执行",
        f"{len(told.files):,} files are left over, {size}; --yes removes them",
    )
    if told.done:
        zh = f"已清理 {len(told.files):,} 个旧文件，{size}"
        en = f"removed {len(told.files):,} files that were left over, {size}"
    Tell(as_json).answer(value, [Text(zh, en)])

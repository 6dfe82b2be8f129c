"""``duokua data lineage`` and ``duokua data refresh``: what a dataset is made of, and making it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import Edge


@click.command()
@click.argument("dataset")
@click.option("--column", help="Only what this column is made of, or goes into.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def lineage(dataset: str, column: str | None, as_json: bool) -> None:
    """Show what a dataset is made of and what is made of it, column by column.

    Example: duokua data lineage street_workers --column workers
    """
    lake = _lake()
    lake.describe(dataset)
    up = lake.upstream(dataset, column=column)
    down = lake.downstream(dataset, column=column)
    tell = Tell(as_json)
    told = {"dataset": dataset, "upstream": _json(up), "downstream": _json(down)}
    if as_json:
        tell.answer(told, [])
        return
    if not up and not down:
        said = Text("没有派生关系", "nothing is derived from it, and it is derived from nothing")
        tell.line(said)
        return
    heads = [Text("来源", "made of"), Text("去向", "into")]
    rows = [
        [f"{edge.source}.{edge.source_column}", f"{edge.dataset}.{edge.column or '(rows)'}"]
        for edge in dict.fromkeys([*up, *down])
    ]
    tell.table(heads, rows)


@click.command()
@click.argument("dataset")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def refresh(dataset: str, as_json: bool) -> None:
    """Make a derived dataset anew from the newest versions of what it is made of.

    Example: duokua data refresh street_workers
    """
    result = _lake().refresh_derived(dataset, by=f"operator:{getpass.getuser()}", now=clock.now())
    said = (
        Text(f"已更新：{result.rows:,} 行", f"made anew: {result.rows:,} rows")
        if result.landed
        else Text("来源未变，无需更新", "what it is made of has not changed; nothing was done")
    )
    value = {"dataset": dataset, "landed": result.landed, "rows": result.rows}
    Tell(as_json).answer(value | {"version": result.version}, [said])


def _json(edges: list[Edge]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": edge.dataset,
            "column": edge.column or None,
            "source": edge.source,
            "source_column": edge.source_column,
        }
        for edge in edges
    ]


def _lake() -> Any:
    import django  # takes most of a second, which `--help` does not need

    django.setup()
    from duokua.lake import facade

    return facade

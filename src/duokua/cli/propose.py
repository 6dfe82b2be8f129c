"""``duokua data propose``: a contract for a file that has none, and what it would refuse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.proposal import Proposal

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OWNER = "department"
_SHOWN = 20
_HIDDEN = "•••"


@click.command()
@click.argument("file", type=_FILE)
@click.option("--dataset", help="The dataset's id; by default from the file's name.")
@click.option("--owner", default=_OWNER, help="The code of the owning department.")
@click.option("--title", help="The dataset's title; by default the file's name.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def propose(
    file: Path,
    dataset: str | None,
    owner: str,
    title: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Propose a contract from a file: types, key, codes, units, personal data (契约草案).

    Example: duokua data propose workers.csv --owner housing -o workers.odcs.yaml
    """
    from duokua.lake import proposal as proposals  # loads the engine, which `--help` does not need

    found = proposals.propose(
        file, dataset=dataset or proposals.dataset_id(file.name), owner=owner, title=title
    )
    if output is not None:
        output.write_text(found.yaml, encoding="utf-8")
    tell = Tell(as_json)
    if as_json:
        tell.answer(_json(found), [])
        return
    _say(tell, found)
    if output is None:
        click.echo(found.yaml)


def _say(tell: Tell, found: Proposal) -> None:
    contract, key = found.contract, ", ".join(found.contract.key)
    encoding = f", {found.encoding}" if found.encoding else ""
    tell.line(
        Text(
            f"{contract.id}：{found.rows:,} 行（{found.format}{encoding}），主键 {key}，"
            f"分级 {contract.level}",
            f"{contract.id}: {found.rows:,} rows ({found.format}{encoding}), key {key}, "
            f"level {contract.level}",
        )
    )
    if not found.exact_key:
        tell.line(
            Text(
                "没有完全不重复的列组合，主键只是最接近的一组",
                "no columns are without repetition; the key is the nearest",
            )
        )
    _columns(tell, found)
    _broken(tell, found)


def _columns(tell: Tell, found: Proposal) -> None:
    heads = [
        Text("列", "column"),
        Text("名称", "title"),
        Text("类型", "kind"),
        Text("必填", "required"),
    ]
    heads += [
        Text("单位", "unit"),
        Text("代码", "codes"),
        Text("分级", "level"),
        Text("依据", "why"),
    ]
    rows = []
    for column, note in zip(found.contract.columns, found.notes, strict=True):
        why = note.personal or note.kind
        rows.append(
            [
                column.name,
                column.title.in_(tell.language) + ("" if note.translated else " (?)"),
                column.kind.value,
                "✓" if column.required else "",
                column.unit or "",
                str(len(column.codes) or ""),
                column.level.value,
                " ".join(each for each in (column.personal, why.in_(tell.language)) if each),
            ]
        )
    tell.table(heads, rows)


def _broken(tell: Tell, found: Proposal) -> None:
    from duokua.engine.reasons import REASONS

    broken = found.broken
    tell.line(
        Text(
            f"按此契约将有 {broken.rows:,} 行进入隔离区",
            f"under this contract {broken.rows:,} rows would stand aside",
        )
    )
    for name, reason, count in broken.counts[:_SHOWN]:
        what = REASONS[reason][0] if reason in REASONS else Text(reason, reason)
        tell.line(Text(f"  {name}：{count:,} 处{what.zh}", f"  {name}: {count:,} × {what.en}"))


def _json(found: Proposal) -> dict[str, Any]:
    shut = {name for name in found.contract.by_name if not found.contract.may_show(name)}
    return {
        "dataset": found.contract.id,
        "rows": found.rows,
        "format": found.format,
        "encoding": found.encoding,
        "key": list(found.contract.key),
        "exact_key": found.exact_key,
        "level": found.contract.level.value,
        "columns": [
            {
                "name": column.name,
                "source_name": column.source_name,
                "kind": column.kind.value,
                "required": column.required,
                "unit": column.unit,
                "codes": [code.value for code in column.codes],
                "level": column.level.value,
                "personal": column.personal,
                "translated": note.translated,
            }
            for column, note in zip(found.contract.columns, found.notes, strict=True)
        ],
        "broken": {
            "rows": found.broken.rows,
            "counts": [
                {"column": name, "reason": reason, "count": count}
                for name, reason, count in found.broken.counts
            ],
            "cells": [
                {
                    "row": cell.row,
                    "column": cell.column,
                    "value": _HIDDEN if cell.column in shut else cell.value,
                    "reason": cell.reason,
                }
                for cell in found.broken.cells
            ],
        },
        "contract": found.yaml,
    }

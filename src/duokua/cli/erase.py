"""``duokua data erase`` and ``erased``: erase a subject for good (彻底删除)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.lake import lake, operator
from duokua.cli.outcome import Tell, guarded
from duokua.cli.progress import row_progress
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import Concerned, ErasureInfo

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.option(
    "--subject",
    metavar="FILE",
    help="A file with the subject's number, - for the standard input; else it is asked for. "
    "Never the number itself: other users of the machine see what commands are given.",
)
@click.option(
    "--kind",
    type=click.Choice(["person", "company", "own"]),
    default="person",
    show_default=True,
    help="Whose number it is; own: as one dataset numbers its subjects.",
)
@click.option("--dataset", "datasets", multiple=True, help="Only of these; else of every dataset.")
@click.option("--reason", default="", help="Why; kept for good, without the number.")
@click.option("--basis", default="", help="The legal basis; kept for good.")
@click.option("--yes", "do", is_flag=True, help="Erase; without it, it is only looked.")
@click.option("--later", is_flag=True, help="Leave it to the background.")
@_JSON
@guarded
def erase(
    subject: str | None,
    kind: str,
    datasets: tuple[str, ...],
    reason: str,
    basis: str,
    do: bool,
    later: bool,
    as_json: bool,
) -> None:
    """Erase a subject from rows, old files and indexes, for good, with --yes.

    Example: duokua data erase --subject number.txt --reason "on request" --basis "PIPL 47" --yes
    """
    facade, tell = lake(), Tell(as_json)
    whom = facade.whom(kind, _number(subject))
    if not do:
        found = facade.foresee_erasure(
            whom, datasets=datasets, viewer=None, by=operator(), now=clock.now()
        )
        value = {"subject": whom.pseudonym, "datasets": [_concerned_json(each) for each in found]}
        tell.answer(value, _concerned_lines(found))
        return
    info = facade.ask_erasure(
        whom,
        datasets=datasets,
        reason=reason,
        basis=basis,
        viewer=None,
        by=operator(),
        now=clock.now(),
    )
    if not later:
        with row_progress(shown=not as_json) as progress:
            info = facade.carry_out_erasure(
                info.id, by=operator(), now=clock.now(), progress=progress
            )
    tell.answer(_erasure_json(info), [_erasure_line(info)])


def _number(subject: str | None) -> str:
    if subject == "-":
        return sys.stdin.readline().strip()
    if subject is not None:
        path = Path(subject)
        if not path.is_file():
            raise click.UsageError("--subject takes a file or -, never the number itself")
        return path.read_text(encoding="utf-8-sig").strip()
    return str(click.prompt("subject", hide_input=True, err=True)).strip()


def _concerned_json(each: Concerned) -> dict[str, Any]:
    affected = [{"kind": one.kind, "id": one.id} for one in each.affected]
    told = {"dataset": each.dataset, "rows": each.rows, "aside": each.aside}
    return {**told, "affected": affected}


def _concerned_lines(found: list[Concerned]) -> list[Text]:
    if not found:
        return [Text("没有找到该主体的数据", "there is nothing of this subject")]
    lines = []
    for each in found:
        named = ", ".join(one.id for one in each.affected) or "–"
        zh = f"{each.dataset}：{each.rows:,} 行，隔离区 {each.aside:,} 行；涉及 {named}"
        en = f"{each.dataset}: {each.rows:,} rows, {each.aside:,} aside; concerns {named}"
        lines.append(Text(zh, en))
    return [*lines, Text("加 --yes 彻底删除，不可恢复", "--yes erases them for good")]


@click.command()
@click.option("--lift", metavar="ERASURE", help="Let rows of this one land again.")
@click.option("--reason", default="", help="Why it is lifted.")
@_JSON
@guarded
def erased(lift: str | None, reason: str, as_json: bool) -> None:
    """List erasures and how far they are, or lift the bar of one.

    Example: duokua data erased --json
    """
    facade, tell = lake(), Tell(as_json)
    if lift is not None:
        found = [
            facade.lift_erasure(lift, reason=reason, viewer=None, by=operator(), now=clock.now())
        ]
    else:
        found = facade.erasures(viewer=None)
    tell.answer([_erasure_json(each) for each in found], [_erasure_line(each) for each in found])


def _erasure_json(info: ErasureInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "subject": info.pseudonym,
        "done": info.done,
        "rows": info.rows,
        "lifted": info.lifted,
        "asked_at": clock.iso(info.asked_at),
        "steps": [
            {"kind": each.kind, "dataset": each.dataset, "done": each.done_at is not None}
            for each in info.steps
        ],
    }


def _erasure_line(info: ErasureInfo) -> Text:
    left = sum(each.done_at is None for each in info.steps)
    if not info.done:
        return Text(f"{info.id}：进行中，尚有 {left} 步", f"{info.id}: {left} steps are left")
    return Text(f"{info.id}：已删除 {info.rows:,} 行", f"{info.id}: {info.rows:,} rows erased")

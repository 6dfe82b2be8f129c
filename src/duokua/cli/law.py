"""``duokua law``: dated figures of the law (规则参数), with their source and how well they are known."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock, environment
from duokua.kernel.errors import Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lang.law_folder import law_pack
from duokua.lang.law_pack import LawPack
from duokua.lang.law_view import Line, lines, plain

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_HEADS = (
    Text("参数", "parameter"),
    Text("名称", "title"),
    Text("数值", "value"),
    Text("起", "from"),
    Text("止", "until"),
    Text("核实程度", "known as"),
    Text("来源", "source"),
)


@click.group()
def law() -> None:
    """Figures of the law by date (规则包).

    Example: duokua law list
    """


@law.command(name="list")
@_JSON
@guarded
def list_(as_json: bool) -> None:
    """Show every parameter with each of its dated values.

    Example: duokua law list --json
    """
    pack, tell = _pack(), Tell(as_json)
    told = lines(pack, clock.district_day(clock.now()))
    _tell({"pack": pack.id, "version": pack.version}, told, tell)


@law.command()
@click.argument("day")
@click.argument("parameter", required=False)
@_JSON
@guarded
def at(day: str, parameter: str | None, as_json: bool) -> None:
    """Show what was, is or will be in force on a day.

    Example: duokua law at 2025-08-01 compliance_review --json
    """
    pack, on = _pack(), _day(day)
    if parameter is not None and parameter not in pack.parameters:
        raise NotFound(
            Text(f"没有参数“{parameter}”", f"there is no parameter {parameter!r}"),
            Text("请用 duokua law list 查看", "look at duokua law list"),
        )
    told = lines(pack, on, every=False)
    found = [line for line in told if parameter in (None, line.parameter.id)]
    _tell({"pack": pack.id, "version": pack.version, "day": day}, found, Tell(as_json))


def _pack() -> LawPack:
    return law_pack(environment.read().packs)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            Text(f"“{text}”不是日期", f"{text!r} is no day"),
            Text("请写成 2025-08-01", "write it as 2025-08-01"),
        ) from None


def _tell(head: dict[str, Any], found: list[Line], tell: Tell) -> None:
    if tell.as_json:
        tell.answer({**head, "parameters": [plain(line) for line in found]}, [])
        return
    tell.table(_HEADS, [_cells(line, tell) for line in found])


def _cells(line: Line, tell: Tell) -> list[str]:
    value = line.value
    words = (line.parameter.title, line.words, line.mark_words)
    title, figure, mark = (each.in_(tell.language) for each in words)
    until = value.until.isoformat() if value.until else ""
    return [line.parameter.id, title, figure, value.since.isoformat(), until, mark, value.source]

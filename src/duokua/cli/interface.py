"""``duokua interface``: publish and list governed interfaces."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.interface_life import day_or_instant


@click.group()
def interface() -> None:
    """Data interfaces (数据接口).

    Example: duokua interface publish air_quality.yaml
    """


@interface.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def publish(file: Path, as_json: bool) -> None:
    """Publish an interface from its YAML FILE, or a new version of it.

    Example: duokua interface publish interfaces/air_quality.yaml --json
    """
    start()
    from duokua.exchange import facade as exchange

    info = exchange.publish_interface(
        file.read_text("utf-8"), source=file.name, by=getpass.getuser(), now=clock.now()
    )
    made = info.interface
    told = {"interface": made.id, "version": made.version, "rows": info.rows, "as_of": info.as_of}
    line = Text(f"已发布 {made.id} {made.version}", f"published {made.id} {made.version}")
    Tell(as_json).answer(told, [line])


@interface.command("deprecate")
@click.argument("interface_id", metavar="ID")
@click.option("--sunset", required=True, help="The day on which it ends, e.g. 2027-06-30.")
@click.option("--successor", help="The interface to change over to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def deprecate(interface_id: str, sunset: str, successor: str | None, as_json: bool) -> None:
    """Announce the end of the interface ID; from that day on calls are refused with 410.

    Example: duokua interface deprecate site_workers@1 --sunset 2027-06-30 --successor site_workers
    """
    start()
    from duokua.exchange import facade as exchange

    try:
        ends = day_or_instant(sunset)
    except ValueError:
        raise Invalid(
            Text(f"“{sunset}”不是日期", f"{sunset!r} is no day"),
            Text("请写成 2027-06-30", "write it like 2027-06-30"),
        ) from None
    info = exchange.deprecate_interface(
        interface_id, sunset=ends, successor=successor, by=getpass.getuser(), now=clock.now()
    )
    made = info.interface
    told = {
        "interface": made.id,
        "deprecated": made.deprecated,
        "sunset": made.sunset,
        "successor": made.successor,
    }
    line = Text(f"{made.id} 将于 {sunset} 停用", f"{made.id} ends on {sunset}")
    Tell(as_json).answer(told, [line])


@interface.command("list")
@click.option("--search", help="Part of the name or title.")
@click.option("--after", help="Go on after this interface.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def list_interfaces(search: str | None, after: str | None, limit: int, as_json: bool) -> None:
    """List published interfaces.

    Example: duokua interface list --search air
    """
    start()
    from duokua.exchange import facade as exchange

    tell = Tell(as_json)
    found = exchange.interfaces(search=search, after=after, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        told = [
            {"interface": i.interface.id, "version": i.interface.version, "rows": i.rows}
            for i in found
        ]
        return tell.answer(told, [])
    heads = [
        Text("接口", "interface"),
        Text("版本", "version"),
        Text("标题", "title"),
        Text("行数", "rows"),
    ]
    rows = [
        [i.interface.id, i.interface.version, i.interface.title.in_(tell.language), _count(i.rows)]
        for i in found
    ]
    tell.table(heads, rows)
    if more:
        last = found[-1].interface.id
        tell.line(Text(f"还有更多：--after {last}，或用 --search 缩小范围",
                       f"there are more: --after {last}, or narrow it by --search"))  # fmt: skip


def _count(rows: int | None) -> str:
    return "–" if rows is None else f"{rows:,}"

"""``duokua demo``: the demonstration district."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import click

from duokua.cli.outcome import guarded
from duokua.kernel import clock, environment
from duokua.project import preparation


@click.group()
def demo() -> None:
    """The demonstration district (演示数据).

    Example: duokua demo build --scale small
    """


@demo.command("build")
@click.option(
    "--scale", type=click.Choice(["full", "small", "none"]), default="full", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def build_demo(scale: str, as_json: bool) -> None:
    """Build the district, or bring it up to date. Writes demo.json into the home.

    Example: duokua demo build --scale full
    """
    began = time.perf_counter()
    settings = environment.read()
    preparation.prepare(settings)
    if scale == "none":
        return
    from duokua.engine.duck import shared_duck
    from duokua.project.demo.build import build

    said: list[str] = []

    def say(what: str, done: int, of: int) -> None:
        if as_json:
            return
        if sys.stderr.isatty():
            bar = "█" * (20 * done // of)
            click.echo(f"\r\033[K  {bar:<20} {done}/{of} {what}", err=True, nl=False)
        elif said[-1:] != [what]:  # a line for each part where nobody looks on
            said.append(what)
            click.echo(f"  {what} …", err=True)

    with (
        tempfile.TemporaryDirectory(prefix="spill-", dir=settings.home) as spill,
        shared_duck([settings.home], Path(spill)),
    ):
        told = build(settings, scale, clock.now(), say)
    if sys.stderr.isatty() and not as_json:
        click.echo("\r\033[K", err=True, nl=False)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"演示数据已就绪 demonstration district ready ({time.perf_counter() - began:.1f} s)")

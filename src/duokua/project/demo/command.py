"""``duokua demo``: the demonstration district."""

from __future__ import annotations

import json
import sys
import time

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
    from duokua.project.demo.build import build

    def say(sentence: str) -> None:
        if not as_json and sys.stderr.isatty():
            click.echo(f"  {sentence}", err=True)

    told = build(settings, scale, clock.now(), say)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"演示数据已就绪 demonstration district ready ({time.perf_counter() - began:.1f} s)")

"""``duokua listing``: list datasets in the resource store by file."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text


@click.group()
def listing() -> None:
    """Listings of the resource store (上架资源).

    Example: duokua listing publish river_patrol.yaml
    """


@listing.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def publish(file: Path, as_json: bool) -> None:
    """Draft what the YAML FILE says, or a change to it, and hand it to its three reviews.

    It is on show once the security officer, the head of the department and the data bureau have
    agreed in the portal.

    Example: duokua listing publish listings/river_patrol.yaml --json
    """
    start()
    from duokua.store import facade as store

    version = store.list_by_file(
        file.read_text("utf-8"), source=file.name, by=getpass.getuser(), now=clock.now()
    )
    told = {"listing": version.listing, "version": version.number, "state": version.state}
    line = Text(
        f"{version.listing} 第 {version.number} 版已提交：{version.words.zh}",
        f"version {version.number} of {version.listing} is submitted: {version.words.en}",
    )
    Tell(as_json).answer(told, [line])


@listing.command("export")
@click.argument("listing_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def export(listing_id: str, as_json: bool) -> None:
    """Print the listing ID as a YAML file that ``publish`` reads.

    Example: duokua listing export river_patrol
    """
    start()
    from duokua.store import facade as store

    text = store.export_listing(listing_id)
    Tell(as_json).answer({"listing": listing_id, "yaml": text}, [Text(text, text)])


@listing.command("show")
@click.argument("listing_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def show(listing_id: str, as_json: bool) -> None:
    """Tell where the listing ID stands, how good it is and how much it is used.

    Example: duokua listing show river_patrol --json
    """
    start()
    from duokua.store import facade as store

    info = store.listing(listing_id)
    told = {
        "listing": info.id,
        "state": info.state,
        "version": info.number,
        "share": info.body.share_class,
        "level": info.body.level,
        "quality": info.quality,
        "calls_30_days": info.heat,
    }
    quality = "–" if info.quality is None else f"{100 * info.quality:.0f}"
    line = Text(
        f"{info.title.zh}：{info.state}，{info.body.share_class}，质量 {quality}，调用 {info.heat}",
        f"{info.title.en}: {info.state}, {info.body.share_class}, quality {quality}, "
        f"{info.heat} calls",
    )
    Tell(as_json).answer(told, [line])

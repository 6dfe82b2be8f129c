"""``duokua notify``: where messages to posts go outside the portal (对外通知), and what signs them."""

from __future__ import annotations

from typing import Any

import click

from duokua.cli.lake import operator
from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.text import Text

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _facade() -> Any:
    import django  # takes most of a second, which `--help` does not need

    django.setup()
    from duokua.notify import facade

    return facade


@click.group()
def notify() -> None:
    """Messages to posts: where they go outside the portal, and letters that wait.

    Example: duokua notify address housing stewards@housing.example
    """


@notify.command()
@click.argument("department", required=False)
@click.argument("place", required=False)
@click.option(
    "--channel",
    type=click.Choice(("mail", "webhook", "chat")),
    default="mail",
    show_default=True,
    help="What kind of place it is.",
)
@click.option("--role", default="steward", show_default=True, help="Of which post.")
@click.option("--remove", is_flag=True, help="No more letters go there.")
@_JSON
@guarded
def address(
    department: str | None,
    place: str | None,
    channel: str,
    role: str,
    remove: bool,
    as_json: bool,
) -> None:
    """Let letters to a department's post go to a mail address, a program or a chat; or list them.

    Example: duokua notify address housing https://gov.example/hook --channel webhook
    """
    facade = _facade()
    if department is not None and place is not None:
        facade.set_address(
            department,
            channel=channel,
            place=place,
            role=role,
            remove=remove,
            by=operator(),
            now=clock.now(),
        )
    names = ("department", "role", "channel", "place")
    value = [{name: getattr(each, name) for name in names} for each in facade.addresses()]
    told = ["  ".join(map(str, each.values())) for each in value]
    lines = [Text(line, line) for line in told]
    Tell(as_json).answer(value, lines or [Text("没有地址", "there are no addresses")])


@notify.command()
@click.argument("place")
@_JSON
@guarded
def key(place: str, as_json: bool) -> None:
    """Tell the key with which letters to a webhook are signed; its receiver checks them with it.

    Example: duokua notify key https://gov.example/hook
    """
    told = _facade().signing_key(place)
    Tell(as_json).answer({"place": place, "key": told}, [Text(told, told)])


@notify.command()
@_JSON
@guarded
def send(as_json: bool) -> None:
    """Send the letters that wait now; the background does so by itself.

    Example: duokua notify send --json
    """
    sent, left = _facade().send_letters(now=clock.now())
    line = Text(f"已发送 {sent}，待重试 {left}", f"sent {sent}, to be tried again {left}")
    Tell(as_json).answer({"sent": sent, "left": left}, [line])

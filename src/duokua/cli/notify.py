"""``duokua notify``: where messages to posts go outside the portal (对外通知)."""

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
    """Messages to posts: mail addresses of departments, and letters that wait.

    Example: duokua notify address housing stewards@housing.example
    """


@notify.command()
@click.argument("department", required=False)
@click.argument("place", required=False)
@click.option("--role", default="steward", show_default=True, help="Of which post.")
@click.option("--remove", is_flag=True, help="No more letters go there.")
@_JSON
@guarded
def address(
    department: str | None, place: str | None, role: str, remove: bool, as_json: bool
) -> None:
    """Let letters to a department's post go to a mail address; without one, list them.

    Example: duokua notify address housing stewards@housing.example
    """
    facade = _facade()
    if department is not None and place is not None:
        facade.set_address(
            department,
            channel="mail",
            place=place,
            role=role,
            remove=remove,
            by=operator(),
            now=clock.now(),
        )
    found = facade.addresses()
    lines = [
        Text(f"{each.department} {each.role} {each.place}", f"{each.department} {each.place}")
        for each in found
    ] or [Text("没有地址", "there are no addresses")]
    value = [
        {"department": each.department, "role": each.role, "place": each.place} for each in found
    ]
    Tell(as_json).answer(value, lines)


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

"""``duokua client``: register programs that may ask for tokens."""

from __future__ import annotations

import getpass

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text


@click.group()
def client() -> None:
    """Programs (应用) of departments.

    Example: duokua client create safety_watch --title 安全监测 --department emergency
    """


@client.command("create")
@click.argument("client_id")
@click.option("--title", required=True, help="What the program is.")
@click.option("--department", required=True, help="Code of its department.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def create(client_id: str, title: str, department: str, as_json: bool) -> None:
    """Register a program; its secret is shown this once.

    Example: duokua client create pandas_lab --title 分析 --department ecology --json
    """
    start()
    from duokua.exchange import facade as exchange

    info, secret = exchange.create_client(
        title=title,
        department=department,
        by=getpass.getuser(),
        now=clock.now(),
        client_id=client_id,
    )
    line = Text(
        f"client_id {info.id}\nclient_secret {secret}\n密钥只显示这一次，请妥善保存。",
        f"client_id {info.id}\nclient_secret {secret}\nThe secret is shown this once; keep it safe.",
    )
    Tell(as_json).answer({"client_id": info.id, "client_secret": secret}, [line])


@client.command("disable")
@click.argument("client_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def disable(client_id: str, as_json: bool) -> None:
    """Switch a program off; on return no gateway accepts its tokens.

    Example: duokua client disable pandas_lab
    """
    start()
    from duokua.exchange import facade as exchange

    done = exchange.disable_client(client_id, by=getpass.getuser(), now=clock.now())
    line = Text(f"已停用 {client_id}", f"{client_id} is switched off")
    Tell(as_json).answer({"client_id": client_id, "policy_version": done.policy_version}, [line])

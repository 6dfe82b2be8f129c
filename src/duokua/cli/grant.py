"""``duokua grant``: open, list and revoke grants."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lang.grant_file import load_grant, named_interface


@click.group()
def grant() -> None:
    """Grants (授权): who may call what, for which purpose.

    Example: duokua grant open grants/safety_watch.yaml
    """


@grant.command("open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def open_(file: Path, as_json: bool) -> None:
    """Open a grant from its YAML FILE.

    Example: duokua grant open grants/safety_watch.yaml --json
    """
    start()
    from duokua.exchange import facade as exchange

    text = file.read_text("utf-8")
    contract = exchange.interface(named_interface(text, source=file.name)).contract
    order = exchange.GrantOrder.of_file(load_grant(text, source=file.name, contract=contract))
    made = exchange.open_grant(order, by=getpass.getuser(), now=clock.now()).grant
    told = {"grant": made.id, "client": made.client, "interface": made.interface}
    line = Text(
        f"已开通 {made.id}:{made.client} → {made.interface}",
        f"opened {made.id}: {made.client} → {made.interface}",
    )
    Tell(as_json).answer(told, [line])


@grant.command("revoke")
@click.argument("grant_id")
@click.option("--reason", required=True, help="Why; it is kept with the grant.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def revoke(grant_id: str, reason: str, as_json: bool) -> None:
    """Revoke a grant; on return no gateway starts a call under it.

    Example: duokua grant revoke grant-0f3a… --reason 项目结束
    """
    start()
    from duokua.exchange import facade as exchange

    done = exchange.revoke_grant(grant_id, reason=reason, by=getpass.getuser(), now=clock.now())
    told = {"grant": done.grant, "policy_version": done.policy_version, "waited_s": done.waited_s}
    line = Text(
        f"已撤销 {done.grant},{done.waited_s * 1000:.0f} 毫秒内全部网关已确认",
        f"revoked {done.grant}; every gateway confirmed within {done.waited_s * 1000:.0f} ms",
    )
    Tell(as_json).answer(told, [line])


@grant.command("list")
@click.option("--interface", "interface_id", help="Only grants of this interface.")
@click.option("--client", "client_id", help="Only grants of this client.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def list_grants(interface_id: str | None, client_id: str | None, as_json: bool) -> None:
    """List grants, newest first.

    Example: duokua grant list --client safety_watch
    """
    start()
    from duokua.exchange import facade as exchange
    from duokua.lang.grant import grant_to_json

    found = exchange.grants(interface=interface_id, client=client_id, now=clock.now())
    tell = Tell(as_json)
    if as_json:
        return tell.answer([{**grant_to_json(g.grant), "state": g.state} for g in found], [])
    heads = [
        Text("授权", "grant"),
        Text("应用", "client"),
        Text("接口", "interface"),
        Text("用途", "purpose"),
        Text("状态", "state"),
    ]
    rows = [
        [g.grant.id, g.grant.client, g.grant.interface, g.grant.purpose, g.state] for g in found
    ]
    return tell.table(heads, rows)

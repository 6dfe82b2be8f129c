"""``duokua run``: everything, on one port."""

from __future__ import annotations

import asyncio
import json
import socket
import sys

import click

from duokua.kernel import environment
from duokua.kernel.environment import Environment
from duokua.kernel.errors import Conflict, DuokuaError
from duokua.kernel.text import Text
from duokua.project import preparation, supervisor

_SHOWN = 10  # demonstration accounts told at the start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Tell what happens as JSON lines.")
def run(as_json: bool) -> None:
    """Start the platform and keep it running until Ctrl-C.

    Example: DUOKUA_PORT=9000 duokua run
    """
    try:
        settings = environment.read()
        settings.make_home()
        with supervisor.home_lock(settings):
            _check_port(settings)
            preparation.prepare(settings)
            say = _json_say if as_json else _say
            asyncio.run(supervisor.supervise(settings, say, lambda: _ready(settings, as_json)))
    except DuokuaError as error:
        _complain(error, as_json)
        sys.exit(3)


def _check_port(settings: Environment) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Conflict(
                Text(
                    f"无法监听 {settings.host}:{settings.port}:{error.strerror}",
                    f"cannot listen on {settings.host}:{settings.port}: {error.strerror}",
                ),
                Text("请用 DUOKUA_PORT 另选端口", "choose another port with DUOKUA_PORT"),
            ) from None


def _ready(settings: Environment, as_json: bool) -> None:
    url = f"http://{settings.host}:{settings.port}/"
    if as_json:
        click.echo(json.dumps({"ready": url}))
        return
    click.echo(f"\n  多跨 duokua  →  {url}\n")
    demo = settings.home / "demo.json"
    if demo.exists():
        click.echo("  演示账号 demonstration accounts:")
        told_of = json.loads(demo.read_text())["accounts"]
        for account in told_of[:_SHOWN]:
            told = f"{account['username']:<12} {account['password']:<18}"
            click.echo(f"    {told} {account['role']:<10} {account['department']}")
        if len(told_of) > _SHOWN:
            click.echo(f"    … 共 {len(told_of)} 个，见 all {len(told_of)} of them in {demo}")
    click.echo(f"\n  日志 logs: {settings.home / 'logs'}    Ctrl-C 停止 stops\n")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _json_say(sentence: str) -> None:
    click.echo(json.dumps({"event": sentence}))


def _complain(error: DuokuaError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": error.code, "what": error.what.en, "mend": error.mend.en}))
        return
    click.echo(f"{error.what.zh}。{error.mend.zh}。\n{error.what.en}; {error.mend.en}.", err=True)
    for fault in error.faults:
        click.echo(f"  {fault.line()}", err=True)

"""``duokua subject``: the keys under which subjects are known (主体假名密钥)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from duokua.cli.lake import lake, operator
from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.rekeying import Rekeying

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def subject() -> None:
    """Subjects: persons, companies and places by pseudonym (主体).

    Example: duokua subject keys
    """


@subject.command()
@_JSON
@guarded
def keys(as_json: bool) -> None:
    """Show the current key, those of before, and how many datasets are to follow.

    Example: duokua subject keys --json
    """
    lake()
    from duokua.lake import rekeying

    _answer(rekeying.status(), Tell(as_json))


@subject.command()
@click.option("--yes", "do", is_flag=True, help="Rotate; without it, the keys are only shown.")
@_JSON
@guarded
def rekey(do: bool, as_json: bool) -> None:
    """Make a new key of pseudonyms current, with --yes; datasets follow in the background.

    Example: duokua subject rekey --yes
    """
    lake()
    from duokua.lake import rekeying

    told = rekeying.rekey(by=operator(), now=clock.now()) if do else rekeying.status()
    _answer(told, Tell(as_json))


def _answer(told: Rekeying, tell: Tell) -> None:
    value: dict[str, Any] = {"key": told.key_id, "known": list(told.known)}
    zh = f"当前密钥 {told.key_id}；尚有 {told.waiting} 个数据集待更换"
    en = f"the current key is {told.key_id}; {told.waiting} datasets are to follow"
    tell.answer({**value, "waiting": told.waiting}, [Text(zh, en)])

"""``duokua client key``: keys of programs, several at once, changed without a gap."""

from __future__ import annotations

import getpass
from datetime import datetime

import click

from duokua.cli.client import client
from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
_HEADS = (
    Text("密钥", "key"), Text("名称", "label"), Text("状态", "state"), Text("创建", "created"),
    Text("停用", "until"), Text("最近使用", "last used"),
)  # fmt: skip
STATES = {
    "standing": Text("有效", "valid"),
    "ended": Text("已停用", "ended"),
    "revoked": Text("已吊销", "revoked"),
}


@client.group("key")
def key() -> None:
    """Keys (密钥) of a program.

    Example: duokua client key add safety_watch --label 2026-12
    """


@key.command("add")
@click.argument("client_id")
@click.option("--label", required=True, help="What the key is for.")
@click.option("--until", type=_DAY, help="From then on it counts no more (Asia/Shanghai).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def add(client_id: str, label: str, until: datetime | None, as_json: bool) -> None:
    """Add a key; the others go on to count. Its secret is shown this once.

    Example: duokua client key add safety_watch --label 2026-12 --until 2027-12-31
    """
    start()
    from duokua.exchange import facade as exchange

    info, secret = exchange.add_key(
        client_id, label=label, until=_instant(until), by=getpass.getuser(), now=clock.now()
    )
    line = Text(
        f"client_id {client_id}\nkey {info.id}\nclient_secret {secret}\n"
        "密钥只显示这一次，请妥善保存。",
        f"client_id {client_id}\nkey {info.id}\nclient_secret {secret}\n"
        "The secret is shown this once; keep it safe.",
    )
    told = {"client_id": client_id, "key": info.id, "client_secret": secret}
    Tell(as_json).answer(told, [line])


@key.command("list")
@click.argument("client_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def list_keys(client_id: str, as_json: bool) -> None:
    """List every key that a program ever had, without the secrets.

    Example: duokua client key list safety_watch --json
    """
    start()
    from duokua.exchange import facade as exchange

    tell, keys = Tell(as_json), exchange.client_keys(client_id, clock.now())
    if as_json:
        rows = [
            {
                "key": each.id,
                "label": each.label,
                "state": each.state,
                "created_at": clock.iso(each.created_at),
                "created_by": each.created_by,
                "until": clock.iso(each.until) if each.until else None,
                "last_used": each.last_used.isoformat() if each.last_used else None,
            }
            for each in keys
        ]
        tell.answer({"client_id": client_id, "keys": rows}, [])
        return
    tell.table(
        _HEADS,
        [
            (
                each.id,
                each.label,
                STATES[each.state].in_(tell.language),
                _day(each.created_at),
                _day(each.until),
                each.last_used.isoformat() if each.last_used else "—",
            )
            for each in keys
        ],
    )


@key.command("retire")
@click.argument("client_id")
@click.argument("key_id")
@click.option("--on", "until", type=_DAY, required=True, help="When it ends (Asia/Shanghai).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def retire(client_id: str, key_id: str, until: datetime, as_json: bool) -> None:
    """Let a key and its tokens count until a date and no longer.

    Example: duokua client key retire safety_watch k1 --on 2026-12-31
    """
    start()
    from duokua.exchange import facade as exchange

    ends = until.replace(tzinfo=clock.SHANGHAI)
    done = exchange.retire_key(client_id, key_id, until=ends, by=getpass.getuser(), now=clock.now())
    line = Text(f"{key_id} 将于 {until} 停用", f"{key_id} ends on {until}")
    told = {"client_id": client_id, "key": key_id, "until": clock.iso(ends)}
    Tell(as_json).answer({**told, "policy_version": done.policy_version}, [line])


@key.command("revoke")
@click.argument("client_id")
@click.argument("key_id")
@click.option("--reason", required=True, help="Why; it is kept in the audit.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def revoke(client_id: str, key_id: str, reason: str, as_json: bool) -> None:
    """Revoke a key that leaked: on return no door accepts it, nor any token that came from it.

    Example: duokua client key revoke safety_watch k1 --reason 密钥泄露
    """
    start()
    from duokua.exchange import facade as exchange

    done = exchange.revoke_key(
        client_id, key_id, reason=reason, by=getpass.getuser(), now=clock.now()
    )
    line = Text(f"已吊销 {key_id}，其令牌均已失效", f"{key_id} is revoked, and so are its tokens")
    told = {"client_id": client_id, "key": key_id, "waited_s": round(done.waited_s, 3)}
    Tell(as_json).answer({**told, "policy_version": done.policy_version}, [line])


def _instant(told: datetime | None) -> datetime | None:
    return told.replace(tzinfo=clock.SHANGHAI) if told else None


def _day(instant: datetime | None) -> str:
    return clock.district_day(instant).isoformat() if instant else "—"

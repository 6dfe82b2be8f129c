"""Keys of programs (应用密钥): several at once, so that one can take over from another without a gap.

A key that retires counts until a date; one that leaked is revoked, and on return neither it nor any
token that came from it is accepted at any door.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from duokua.audit import facade as audit
from duokua.exchange import policy, selectors
from duokua.exchange.models import Client, ClientKey
from duokua.exchange.values import KeyInfo, Revocation
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text

MOST_KEYS = 5  # of one program that count at a time
_LABEL = 80
_REASON = 500
_FIRST = "初始密钥 first key"

audit.register(
    {
        "exchange.key.added": Text("新增应用密钥", "client key added"),
        "exchange.key.retired": Text("安排密钥停用", "client key retired"),
        "exchange.key.revoked": Text("吊销应用密钥", "client key revoked"),
        "receipt.subject_searched": Text("按主体查询调用凭证", "receipts searched by subject"),
    }
)


def first(client: Client, *, by: str, now: datetime) -> str:
    """Give a program that is being registered its first key; return the secret."""
    return _insert(client, _FIRST, None, by=by, now=now)[1]


@transaction.atomic
def add(
    client_id: str, *, label: str, until: datetime | None, by: str, now: datetime
) -> tuple[KeyInfo, str]:
    """Add a key; return it and its secret, which is not kept and not shown again.

    :raises NotFound: there is no such program.
    :raises Invalid: the label is empty or too long, or ``until`` has passed.
    :raises Conflict: the program is switched off, or holds :data:`MOST_KEYS` keys that count.
    """
    client = _locked(client_id)
    label = _label(label)
    _check_end(until, now)
    standing = [row for row in client.keys.all() if _state(row, now) == "standing"]
    if len(standing) >= MOST_KEYS or not client.active:
        raise _full() if client.active else _off(client_id)
    try:
        row, secret = _insert(client, label, until, by=by, now=now)
    except IntegrityError:
        raise Conflict(
            Text("有人同时新增了密钥", "somebody added a key at the same time"),
            Text("请重试", "try again"),
        ) from None
    detail = {"key": f"k{row.number}", "label": label}
    audit.record("exchange.key.added", by=by, of=client_id, at=now, detail=detail)
    transaction.on_commit(lambda: policy.publish(policy.client_now(client_id)))
    return info(row, now), secret


def retire(client_id: str, key_id: str, *, until: datetime, by: str, now: datetime) -> Revocation:
    """Let a key and its tokens count until a date and no longer.

    :raises NotFound: there is no such key.
    :raises Invalid: ``until`` has passed.
    :raises Conflict: the key counts no more.
    :raises Unavailable: a gateway did not confirm in time; it holds all the same.
    """
    _check_end(until, now)
    with transaction.atomic():
        client = _locked(client_id)
        row = _row(client, key_id)
        if _state(row, now) != "standing":
            raise _over(key_id)
        row.until = until
        row.save(update_fields=["until"])
        detail = {"key": key_id, "until": until.isoformat()}
        audit.record("exchange.key.retired", by=by, of=client_id, at=now, detail=detail)
    version, waited = policy.take_all_away(policy.client_now(client_id))
    return Revocation(key_id, version, waited)


def revoke(client_id: str, key_id: str, *, reason: str, by: str, now: datetime) -> Revocation:
    """Revoke (吊销) a key that leaked; on return no gateway accepts it or a token that came from it.

    :raises NotFound: there is no such key.
    :raises Conflict: it is revoked already.
    :raises Unavailable: a gateway did not confirm in time; the revocation stands all the same.
    """
    with transaction.atomic():
        row = _row(_locked(client_id), key_id)
        fresh = row.revoked_at is None
        if fresh:
            row.revoked_at, row.revoked_by, row.revoked_reason = now, by, reason[:_REASON]
            row.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
            detail = {"key": key_id, "reason": row.revoked_reason}
            audit.record("exchange.key.revoked", by=by, of=client_id, at=now, detail=detail)
    # Also when it was revoked before: whoever did that may have been cut short right here.
    version, waited = policy.take_all_away(policy.client_now(client_id))
    if not fresh:
        raise _over(key_id)
    return Revocation(key_id, version, waited)


def listed(client_id: str, now: datetime) -> list[KeyInfo]:
    """Return every key that a program ever had, oldest first.

    :raises NotFound: there is no such program.
    """
    return [info(row, now) for row in selectors.client_row(client_id).keys.all()]


def info(row: ClientKey, now: datetime) -> KeyInfo:
    """Return a key without its secret."""
    return KeyInfo(
        id=f"k{row.number}",
        label=row.label,
        state=_state(row, now),
        created_at=row.created_at,
        created_by=row.created_by,
        until=row.until,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
        last_used=selectors.key_last_used(row.client_id, f"k{row.number}"),
    )


def _insert(
    client: Client, label: str, until: datetime | None, *, by: str, now: datetime
) -> tuple[ClientKey, str]:
    secret = secrets.token_urlsafe(32)
    last = client.keys.aggregate(last=Max("number"))["last"] or 0
    row = ClientKey(
        client=client,
        number=last + 1,
        label=label,
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
        created_at=now,
        created_by=by,
        until=until,
    )
    with transaction.atomic():
        row.save(force_insert=True)
    return row, secret


def _locked(client_id: str) -> Client:
    selectors.client_row(client_id)
    return Client.objects.select_for_update().get(id=client_id)


def _row(client: Client, key_id: str) -> ClientKey:
    digits = key_id.removeprefix("k")
    fits = key_id.startswith("k") and digits.isascii() and digits.isdecimal() and len(digits) < 10
    found = client.keys.filter(number=int(digits)).first() if fits else None
    if found is None:
        raise NotFound(
            Text(f"没有密钥“{key_id}”", f"there is no key {key_id!r}"),
            Text("请在密钥列表中核对编号", "see the list of keys"),
        )
    return found


def _state(row: ClientKey, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "standing" if row.until is None or now < row.until else "ended"


def _label(label: str) -> str:
    label = label.strip()
    if not 0 < len(label) <= _LABEL or "\0" in label:
        raise Invalid(
            Text("密钥名称为空或过长", "the label of the key is empty or too long"),
            Text(f"请写 1 至 {_LABEL} 个字", f"write 1 to {_LABEL} characters"),
        )
    return label


def _check_end(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise Invalid(
            Text("停用时间已过", "the end lies in the past"),
            Text("请选择将来的时间；立即失效请用吊销", "choose a later time, or revoke the key"),
        )


def _full() -> Conflict:
    return Conflict(
        Text(f"有效密钥已达 {MOST_KEYS} 个", f"{MOST_KEYS} keys of it count already"),
        Text("请先停用或吊销旧密钥", "retire or revoke an old one first"),
    )


def _off(client_id: str) -> Conflict:
    return Conflict(
        Text(f"应用“{client_id}”已停用", f"client {client_id!r} is switched off"),
        Text("请联系平台恢复应用", "ask the platform to switch it on"),
    )


def _over(key_id: str) -> Conflict:
    return Conflict(
        Text(f"密钥 {key_id} 已失效", f"key {key_id} counts no more already"),
        Text("无需重复操作", "there is nothing left to do"),
    )

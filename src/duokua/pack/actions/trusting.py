"""Whose signatures are trusted (可信签名), and reading a bundle that is to be installed."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.kernel import environment
from duokua.kernel.errors import Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.loop.facade import rules
from duokua.pack import bundle, signing
from duokua.pack.models import Installation, TrustedKey
from duokua.pack.values import TrustInfo

LOCK = "packs.lock"  # of the home: one pack is installed at a time
audit.register(
    {
        "pack.key.trusted": Text("信任签名密钥", "signing key trusted"),
        "pack.key.distrusted": Text("不再信任签名密钥", "signing key no longer trusted"),
    }
)


def trust(public: str, title: str, *, by: str, now: datetime) -> TrustInfo:
    """Trust the packs that a key signs; ``public`` is the raw Ed25519 key in base64.

    :raises Invalid: it is no such key, or has no title.
    """
    raw = _raw(public)
    title = title.strip()
    if not title or len(title) > 120:
        raise Invalid(
            Text("缺少密钥持有方名称", "whose key it is is missing"),
            Text("请用 1 至 120 字说明密钥属于谁", "say whose key it is in 1–120 characters"),
        )
    with transaction.atomic():
        row, made = TrustedKey.objects.get_or_create(
            id=bundle.key_id(raw), defaults={"public": raw, "title": title, "since": now, "by": by}
        )
        if made:
            audit.record("pack.key.trusted", by=by, of=row.id, at=now, detail={"title": title})
    return TrustInfo(row.id, row.title, row.since, row.by)


def _raw(public: str) -> bytes:
    try:
        raw = base64.b64decode(public.strip(), validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error):
        raise Invalid(
            Text("不是 Ed25519 公钥", "it is no Ed25519 public key"),
            Text("请提供 32 字节公钥的 base64", "give the 32 bytes of the key in base64"),
        ) from None
    return raw


def distrust(key: str, *, by: str, now: datetime) -> None:
    """Trust a key no longer; packs that are installed stay, but their functions do not run.

    :raises NotFound: it was not trusted.
    """
    # Not while a pack that it signed is being installed, which would trust its functions anew.
    with exclusive(environment.read().home / LOCK), transaction.atomic():
        gone, _ = TrustedKey.objects.filter(id=key).delete()
        if not gone:
            raise NotFound(
                Text(f"没有信任过密钥 {key[:40]}", f"key {key[:40]} was not trusted"),
                Text("请用 duokua pack trust --list 查看", "see duokua pack trust --list"),
            )
        signed = Installation.objects.filter(signed_by=key).values_list("pack", flat=True)
        rules.forget_code(signed)
        audit.record("pack.key.distrusted", by=by, of=key, at=now)


def check_trusted(key: str) -> None:
    """Check by its id that a key is trusted still: this home's own, or one of the list.

    :raises NotAllowed: it is not, any more.
    """
    own = bundle.key_id(signing.own_key().public_key().public_bytes_raw())
    if key != own and not TrustedKey.objects.filter(id=key).exists():
        raise NotAllowed(
            Text(f"不再信任签名密钥 {key}", f"signing key {key} is trusted no longer"),
            Text(
                "核实来源后重新信任再安装",
                "check where it comes from, trust it again, install anew",
            ),
        )


def opened(content: bytes) -> bundle.Bundle:
    """Read a bundle whose signature is trusted: this home's own, or one of the list.

    :raises Invalid: it is no bundle, or its content is not what was signed.
    :raises NotAllowed: nobody here trusts its key.
    """
    found = bundle.read(content)
    own = signing.own_key().public_key().public_bytes_raw()
    known = [bytes(each) for each in TrustedKey.objects.values_list("public", flat=True)]
    if not any(key == found.public and found.signed_by(key) for key in (own, *known)):
        public = base64.b64encode(found.public).decode()
        raise NotAllowed(
            Text(f"不信任签名密钥 {found.key}", f"signing key {found.key} is not trusted"),
            Text(
                f"核实来源后执行 duokua pack trust {public} --title 提供方",
                f"check where it comes from, then: duokua pack trust {public} --title WHOSE",
            ),
        )
    return found
